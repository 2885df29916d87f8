-- Load one floor from PostgreSQL under a new epoch, or under the present one if it is still at a
-- version: then no decision came in between.
-- ARGV: prefix, floor, epoch, map key, pub/sub channel, layout version, states, genders,
--       JSON list of [index, fence], JSON list of [index, price], version or ''
-- Returns the new version, or 0.
local floor = ARGV[2]
local states = ARGV[7]
local fv = P .. 'fv:' .. floor
if ARGV[11] ~= '' then
    local is = redis.call('HMGET', fv, 'e', 'n')
    if is[1] ~= ARGV[3] or is[2] ~= ARGV[11] or redis.call('GET', P .. 'ep') ~= ARGV[3] then
        return 0
    end
end
redis.call('DEL', P .. 'fe:' .. floor, P .. 'fp:' .. floor)
for _, pair in ipairs(cjson.decode(ARGV[9])) do
    redis.call('HSET', P .. 'fe:' .. floor, pair[1], string.format('%d', pair[2]))
end
for _, pair in ipairs(cjson.decode(ARGV[10])) do
    redis.call('HSET', P .. 'fp:' .. floor, pair[1], pair[2])
end
local painted = {}
for i = 0, #states - 1 do
    local state = string.sub(states, i + 1, i + 1)
    local lock = read_lock(floor, i)
    if lock and state == '0' then
        state = '1'
    elseif lock then
        drop_lock(floor, i, lock)
    end
    painted[#painted + 1] = state
end
redis.call('SET', P .. 'fl:' .. floor, table.concat(painted))
redis.call('SET', P .. 'fg:' .. floor, ARGV[8])
redis.call('HSET', fv, 'e', ARGV[3], 'k', ARGV[4], 'c', ARGV[5], 'lv', ARGV[6])
local n = redis.call('HINCRBY', fv, 'n', 1)
-- An index of -1 tells the viewers to fetch the whole floor.
redis.call('PUBLISH', ARGV[5], table.concat({ARGV[4], ARGV[3], n, ARGV[6], -1, ''}, '|'))
return n
