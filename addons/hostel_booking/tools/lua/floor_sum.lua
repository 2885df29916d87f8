-- What a floor shows, to be compared with PostgreSQL. ARGV: prefix, floor.
-- A held bed counts as free if somebody holds it; a yellow bed without a lock is a difference.
-- Returns {'OK', epoch, n, sha1 of "states|genders"} or {code}.
local floor = ARGV[2]
if not floor_ready(floor) then
    return {'MAP_REBUILDING'}
end
sweep(500)
local states = redis.call('GET', P .. 'fl:' .. floor) or ''
local seen = {}
for i = 0, #states - 1 do
    local state = string.sub(states, i + 1, i + 1)
    if state == '1' and redis.call('EXISTS', P .. 'lk:' .. floor .. ':' .. i) == 1 then
        state = '0'
    end
    seen[#seen + 1] = state
end
local v = redis.call('HMGET', P .. 'fv:' .. floor, 'e', 'n')
local genders = redis.call('GET', P .. 'fg:' .. floor) or ''
return {'OK', v[1], v[2], redis.sha1hex(table.concat(seen) .. '|' .. genders)}
