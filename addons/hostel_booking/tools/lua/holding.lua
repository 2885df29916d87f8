-- Shared by the scripts that hold beds: may this student hold this bed now?
-- Each returns nil when nothing speaks against it, else the refusal {code, detail…}.

-- One call of a student's bucket; ARGV of the caller: how many fit, ms per refilled call.
local function take_call(student, size, refill, now)
    local rl = P .. 'rl:' .. student
    local bucket = redis.call('HMGET', rl, 'n', 't')
    local since = (now - (tonumber(bucket[2]) or now)) / refill
    local calls = math.min(size, (tonumber(bucket[1]) or size) + since)
    if calls < 1 then
        return {'TOO_MANY_REQUESTS', tostring(math.ceil((1 - calls) * refill))}
    end
    redis.call('HSET', rl, 'n', tostring(calls - 1), 't', tostring(now))
    redis.call('PEXPIRE', rl, math.ceil(size * refill))
end

-- The doors of a floor, each "opens,closes,hold" in ms: one must be open. A fourth number is when
-- the window opened for the first students: between the two the student's own slot is ahead.
-- Returns the refusal, or nil and how long a hold lasts.
local function find_door(doors, now)
    local hold, opens_in, too_early
    for opens, closes, length, first in string.gmatch(doors, '(%d+),(%d+),(%d+),?(%d*)') do
        opens, closes, first = tonumber(opens), tonumber(closes), tonumber(first)
        if now < opens then
            if not opens_in or opens - now < opens_in then
                opens_in = opens - now
                too_early = (first and first <= now) and 'NOT_YOUR_SLOT' or 'NOT_OPEN'
            end
        elseif now < closes then
            hold = math.max(hold or 0, tonumber(length))
        end
    end
    if hold then
        return nil, hold
    elseif opens_in then
        return {too_early, tostring(opens_in)}
    end
    return {'WINDOW_CLOSED'}
end

-- Returns the refusal, or nil, how long a hold lasts, and the student's gender.
local function check_student(student, floor, now)
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
    local refusal, hold = find_door(facts[3], now)
    return refusal, hold, facts[2]
end

-- Whether the student's places there are full: a hint, the numbered seats judge at Pay. A bed lies
-- in a class of places; what the student needs there is "quota.quota@ms/quota": one seat of each
-- part, from any of its quotas, of which some count from a time on only.
local function places_full(floor, i, student, now)
    local class = redis.call('HGET', P .. 'qb:' .. floor, i)
    local needs = class and redis.call('HGET', P .. 'el:' .. student, 'q:' .. class)
    for part in string.gmatch(needs or '', '[^/]+') do
        local open = false
        for quota, from in string.gmatch(part, '(%d+)@?(%d*)') do
            open = open or ((tonumber(from) or 0) <= now
                and redis.call('SISMEMBER', P .. 'qf', quota) == 0)
        end
        if not open then
            return true
        end
    end
    return false
end

local function check_bed(floor, i, gender, student, now)
    local fl = P .. 'fl:' .. floor
    if i < 0 or i >= redis.call('STRLEN', fl) then
        return {'NOT_FOUND'}
    end
    if redis.call('GETRANGE', P .. 'fg:' .. floor, i, i) ~= gender then
        return {'GENDER_MISMATCH'}
    end
    -- Beds kept for others than this student, each "index,until" with the time in ms or 0.
    local kept = redis.call('HGET', P .. 'el:' .. student, 'k:' .. floor)
    local till = kept and string.match(';' .. kept .. ';', ';' .. i .. ',(%d+);')
    if till and (till == '0' or now < tonumber(till)) then
        return {'BED_RESERVED'}
    end
    local state = redis.call('GETRANGE', fl, i, i)
    if state == '4' then
        return {'ROOM_NOT_AVAILABLE'}
    elseif state == '5' then
        return {'NOT_FOUND'}
    elseif state ~= '0' or redis.call('EXISTS', P .. 'lk:' .. floor .. ':' .. i) == 1 then
        return {'BED_TAKEN', state}
    elseif places_full(floor, i, student, now) then
        return {'QUOTA_FULL'}
    end
end

-- Take a bed that was checked; returns {floor, i, token, ttl, price, extended, hold}.
local function take_bed(floor, i, student, token, hold)
    local price = redis.call('HGET', P .. 'fp:' .. floor, i) or '0'
    local lock = {token = token, student = student, price = price, extended = '0', hold = tostring(hold)}
    write_lock(floor, i, lock, hold)
    paint(floor, i, '1')
    return {floor, tostring(i), token, tostring(hold), price, '0', tostring(hold)}
end
