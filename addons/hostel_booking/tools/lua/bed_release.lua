-- Give a held bed back. ARGV: prefix, student, token. Returns {'OK'} or {'HOLD_EXPIRED'}.
local mine = held_by(ARGV[2])
if not mine or mine[3] ~= ARGV[3] then
    return {'HOLD_EXPIRED'}
end
local floor, i = mine[1], mine[2]
drop_lock(floor, i, read_lock(floor, i))
if redis.call('GETRANGE', P .. 'fl:' .. floor, i, i) == '1' then
    paint(floor, i, '0')
end
return {'OK'}
