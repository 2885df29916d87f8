-- Turn a hold of a practice round into a pretended booking. ARGV: prefix, student, token.
-- Returns {'OK'} or {'HOLD_EXPIRED'}.
local mine = held_by(ARGV[2])
if not mine or mine[3] ~= ARGV[3] then
    return {'HOLD_EXPIRED'}
end
local floor, i = mine[1], mine[2]
drop_lock(floor, i, read_lock(floor, i))
redis.call('HSET', P .. 'pb', ARGV[2], floor .. ':' .. i .. ':' .. mine[5])
redis.call('DEL', P .. 'el:' .. ARGV[2])
paint(floor, i, '3')
return {'OK'}
