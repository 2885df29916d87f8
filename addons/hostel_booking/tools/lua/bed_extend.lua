-- Start the time of a hold again, once. ARGV: prefix, student, token.
local mine = held_by(ARGV[2])
if not mine or mine[3] ~= ARGV[3] then
    return {'HOLD_EXPIRED'}
end
local floor, i = mine[1], mine[2]
local lock = read_lock(floor, i)
if lock.extended == '1' then
    return {'ALREADY_EXTENDED'}
end
lock.extended = '1'
write_lock(floor, i, lock, tonumber(lock.hold))
pass_covers(ARGV[2], now_ms(), tonumber(lock.hold))
return {'OK', unpack(held_by(ARGV[2]))}
