-- Shared by the scripts of the waiting room. It gates holding, never looking.
--   wr  hash: settings (mode, rate a minute, max, pass and grace in ms, secret), and the bucket n, t
--   wq  zset: who waits, by place in microseconds      ws  zset: when each was last seen, in ms
--   wp  zset: who was let in, by the end of the pass   wa  hash: let in, by ten seconds
--   wl:<student>  when the student left the queue, in ms
local STEP = 10000

local function now_us()
    local t = redis.call('TIME')
    return tonumber(t[1]) * 1000000 + tonumber(t[2])
end

local function read_queue()
    local v = redis.call('HMGET', P .. 'wr', 'mode', 'rate', 'max', 'pass', 'grace', 'secret', 'n', 't')
    if not v[1] or v[1] == 'off' then
        return nil
    end
    return {
        mode = v[1], rate = tonumber(v[2]), max = tonumber(v[3]), pass = tonumber(v[4]),
        grace = tonumber(v[5]), secret = v[6], n = tonumber(v[7]), t = tonumber(v[8]),
    }
end

-- A ticket proves a place without a session: student.place.epoch.seen.signature. Hashed twice, as
-- HMAC does, so that nobody can add to a signed text.
local function sign(q, text)
    return string.sub(redis.sha1hex(q.secret .. redis.sha1hex(q.secret .. text)), 1, 32)
end

local function write_ticket(q, student, place, now)
    local epoch = redis.call('GET', P .. 'ep')
    local text = table.concat({student, string.format('%.0f', place), epoch, string.format('%.0f', now)}, '.')
    return text .. '.' .. sign(q, text)
end

local function read_ticket(q, ticket)
    local text, student, place, epoch, seen, signature =
        string.match(ticket, '^((%d+)%.(%d+)%.(%d+)%.(%d+))%.(%x+)$')
    if text and sign(q, text) == signature then
        return {student = student, place = tonumber(place), epoch = epoch, seen = tonumber(seen)}
    end
end

local function forget(student)
    redis.call('ZREM', P .. 'wq', student)
    redis.call('ZREM', P .. 'ws', student)
end

local function give_pass(student, until_ms)
    forget(student)
    redis.call('ZADD', P .. 'wp', 'GT', string.format('%.0f', until_ms), student)
end

-- A pass lives on while its owner is active, and at least as long as what is held with it.
local function keep_pass(q, student, now, hold)
    if redis.call('ZSCORE', P .. 'wp', student) then
        give_pass(student, now + math.max(q.pass, hold or 0))
    end
end

-- Let in as many as there is room for, those in front first; the bucket holds ten seconds' worth.
-- Whoever was not seen for a while has gone home.
local function admit(q, now)
    redis.call('ZREMRANGEBYSCORE', P .. 'wp', '-inf', now)
    local burst = q.rate > 0 and math.max(1, q.rate / 6) or 0
    local n = math.min(burst, (q.n or burst) + (now - (q.t or now)) * q.rate / 60000)
    local room = math.min(q.max - redis.call('ZCARD', P .. 'wp'), math.floor(n))
    local now_place, admitted, late = now_us(), 0, false
    while room > 0 and not late do
        local head = redis.call('ZRANGE', P .. 'wq', 0, room - 1, 'WITHSCORES')
        if #head == 0 then
            break
        end
        for k = 1, #head, 2 do
            if tonumber(head[k + 1]) > now_place then
                late = true
                break
            end
            local seen = tonumber(redis.call('ZSCORE', P .. 'ws', head[k]) or 0)
            if now - seen <= q.grace then
                give_pass(head[k], now + q.pass)
                room, n, admitted = room - 1, n - 1, admitted + 1
            else
                forget(head[k])
            end
        end
    end
    redis.call('HSET', P .. 'wr', 'n', tostring(n), 't', string.format('%.0f', now))
    q.n, q.t, q.room = n, now, room
    if admitted > 0 then
        redis.call('HINCRBY', P .. 'wa', math.floor(now / STEP), admitted)
        redis.call('PEXPIRE', P .. 'wa', 7 * STEP)
    end
end

-- How many were let in within the last minute.
local function admitted_lately(now)
    local slot, sum = math.floor(now / STEP), 0
    for back = 0, 5 do
        sum = sum + tonumber(redis.call('HGET', P .. 'wa', slot - back) or 0)
    end
    return sum
end

-- How long until as many as `ahead` were let in, in ms; -1 while nobody is.
local function estimate(q, ahead, now)
    local rate = q.rate
    if redis.call('ZCARD', P .. 'wp') >= q.max then
        rate = math.min(rate, math.max(1, admitted_lately(now)))
    end
    if rate <= 0 then
        return -1
    end
    return math.ceil(math.max(0, ahead - math.max(0, q.n)) * 60000 / rate)
end

-- Where a student belongs: before the opening of their door a place that is drawn, the same
-- however often they come; afterwards the moment they came. Returns the refusal, or nil and it.
local function draw_place(q, student, now)
    local el = P .. 'el:' .. student
    local version = redis.call('HGET', el, 'v')
    if not version or version ~= redis.call('GET', P .. 'dv') then
        return {'NO_ELIGIBILITY'}
    end
    local facts = redis.call('HGETALL', el)
    local soonest
    for k = 1, #facts, 2 do
        if facts[k] == 'x' and facts[k + 1] ~= '' then
            return {facts[k + 1]}
        end
        for opens, closes in string.gmatch(facts[k + 1], '(%d+),(%d+),%d+') do
            if now < tonumber(closes) then
                soonest = math.min(soonest or math.huge, tonumber(opens))
            end
        end
    end
    if not soonest then
        return {'WINDOW_CLOSED'}
    elseif soonest <= now then
        return nil, now_us()
    end
    local draw = tonumber(string.sub(redis.sha1hex(q.secret .. soonest .. '|' .. student), 1, 8), 16)
    return nil, soonest * 1000 - 1000000 + draw % 1000000
end

-- Whether a ticket is of a place that its owner has given up since.
local function was_left(known)
    local left = redis.call('GET', P .. 'wl:' .. known.student)
    return left and known.seen <= tonumber(left)
end

-- A place that Redis lost is given back to whoever was seen a moment ago: the epoch is another.
local function place_on_ticket(q, ticket, student, now)
    local known = ticket ~= '' and read_ticket(q, ticket)
    if known and known.student == student and known.epoch ~= redis.call('GET', P .. 'ep')
            and now - known.seen <= q.grace and not was_left(known) then
        return known.place
    end
end

-- Put a student into the queue, once; returns the refusal or nil.
local function join(q, student, ticket, now)
    if not redis.call('ZSCORE', P .. 'wp', student) and not redis.call('ZSCORE', P .. 'wq', student) then
        local place = place_on_ticket(q, ticket, student, now)
        if not place then
            local refusal
            refusal, place = draw_place(q, student, now)
            if refusal then
                return refusal
            end
        end
        redis.call('ZADD', P .. 'wq', string.format('%.0f', place), student)
        redis.call('DEL', P .. 'wl:' .. student)
    end
    if redis.call('ZSCORE', P .. 'wq', student) then
        redis.call('ZADD', P .. 'ws', string.format('%.0f', now), student)
    end
end

-- {state, position, how many wait, ms to wait, ms that the pass lasts, ticket}
-- States: in, early (the draw is at the opening), waiting, none.
local function describe(q, student, ticket, now)
    local waiting = redis.call('ZCARD', P .. 'wq')
    local pass = tonumber(redis.call('ZSCORE', P .. 'wp', student) or 0)
    if pass > now then
        local known = ticket ~= '' and read_ticket(q, ticket)
        local place = known and known.student == student and known.place or now_us()
        return {'in', '0', tostring(waiting), '0', string.format('%.0f', pass - now),
            write_ticket(q, student, place, now)}
    end
    local place = tonumber(redis.call('ZSCORE', P .. 'wq', student) or 0)
    if place == 0 then
        return {'none', '0', tostring(waiting), '0', '0', ''}
    end
    ticket = write_ticket(q, student, place, now)
    if place > now_us() then
        return {'early', '0', tostring(waiting), string.format('%.0f', place / 1000 - now), '0', ticket}
    end
    local rank = redis.call('ZRANK', P .. 'wq', student)
    return {'waiting', tostring(rank + 1), tostring(waiting), tostring(estimate(q, rank + 1, now)), '0', ticket}
end

-- May this student hold now? Whoever has no pass gets a place; returns the refusal or nil.
local function check_pass(student, now)
    local q = read_queue()
    if not q then
        return nil
    end
    admit(q, now)
    if not redis.call('ZSCORE', P .. 'wp', student) then
        local refusal = join(q, student, '', now)
        if refusal then
            return refusal
        end
        admit(q, now)
    end
    if redis.call('ZSCORE', P .. 'wp', student) then
        keep_pass(q, student, now)
        return nil
    end
    return {'QUEUE', unpack(describe(q, student, '', now))}
end

-- What is held keeps the pass alive.
local function pass_covers(student, now, hold)
    local q = read_queue()
    if q then
        keep_pass(q, student, now, hold)
    end
end
