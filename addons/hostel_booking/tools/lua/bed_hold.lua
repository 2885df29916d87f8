-- Hold one bed for one student.
-- ARGV: prefix, floor, index, student, token, bucket size, ms per refilled call
-- Returns {'OK', floor, i, token, ttl, price, extended, hold} or {code, detail…}.
local floor, i, student, token = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local now = now_ms()

if not floor_ready(floor) then
    return {'MAP_REBUILDING'}
end

local rl = P .. 'rl:' .. student
local bucket = redis.call('HMGET', rl, 'n', 't')
local size, refill = tonumber(ARGV[6]), tonumber(ARGV[7])
local calls = math.min(size, (tonumber(bucket[1]) or size) + (now - (tonumber(bucket[2]) or now)) / refill)
if calls < 1 then
    return {'TOO_MANY_REQUESTS', tostring(math.ceil((1 - calls) * refill))}
end
redis.call('HSET', rl, 'n', tostring(calls - 1), 't', tostring(now))
redis.call('PEXPIRE', rl, math.ceil(size * refill))

local el = P .. 'el:' .. student
local version = redis.call('HGET', el, 'v')
if not version or version ~= redis.call('GET', P .. 'dv') then
    return {'NO_ELIGIBILITY'}
end
local mine = held_by(student)
if mine then
    return {'ALREADY_HOLDING', unpack(mine)}
end
local facts = redis.call('HMGET', el, 'x', 'g', floor)
if facts[1] and facts[1] ~= '' then
    return {facts[1]}
end
if not facts[3] then
    return {'NOT_ELIGIBLE'}
end

-- The doors of this floor, each "opens,closes,hold" in ms: one must be open.
local hold, opens_in
for opens, closes, length in string.gmatch(facts[3], '(%d+),(%d+),(%d+)') do
    opens, closes = tonumber(opens), tonumber(closes)
    if now < opens then
        opens_in = math.min(opens_in or math.huge, opens - now)
    elseif now < closes then
        hold = math.max(hold or 0, tonumber(length))
    end
end
if not hold then
    if opens_in then
        return {'NOT_OPEN', tostring(opens_in)}
    end
    return {'WINDOW_CLOSED'}
end

local length = redis.call('STRLEN', P .. 'fl:' .. floor)
if i < 0 or i >= length then
    return {'NOT_FOUND'}
end
if redis.call('GETRANGE', P .. 'fg:' .. floor, i, i) ~= facts[2] then
    return {'GENDER_MISMATCH'}
end

sweep(50)
local state = redis.call('GETRANGE', P .. 'fl:' .. floor, i, i)
if state == '4' then
    return {'ROOM_NOT_AVAILABLE'}
elseif state == '5' then
    return {'NOT_FOUND'}
elseif state ~= '0' or redis.call('EXISTS', P .. 'lk:' .. floor .. ':' .. i) == 1 then
    return {'BED_TAKEN', state}
end

local price = redis.call('HGET', P .. 'fp:' .. floor, i) or '0'
local lock = {token = token, student = student, price = price, extended = '0', hold = tostring(hold)}
write_lock(floor, i, lock, hold)
paint(floor, i, '1')
return {'OK', floor, tostring(i), token, tostring(hold), price, '0', tostring(hold)}
