-- Shared by every script: this text is put in front of each.
-- ARGV[1] is the prefix of the round's keys; they share its hash tag.
local P = ARGV[1]

local function now_ms()
    local t = redis.call('TIME')
    return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- The floor must have been loaded under the epoch that is in force.
local function floor_ready(floor)
    local epoch = redis.call('GET', P .. 'ep')
    return epoch and epoch == redis.call('HGET', P .. 'fv:' .. floor, 'e')
end

-- Tell PostgreSQL's events, through the keeper, that a hold began or ended.
local function tell(what, floor, i, why)
    local lock = redis.call('GET', P .. 'lk:' .. floor .. ':' .. i)
    local student = lock and string.match(lock, '^[^|]*|([^|]*)|') or ''
    redis.call('XADD', P .. 'ev', 'MAXLEN', '~', 100000, '*',
        'w', what, 'f', floor, 'i', i, 's', student, 'y', why or '')
end

-- Write one bed's state and tell everyone who looks at the floor.
-- `why` says why a hold ended, for the events only.
local function paint(floor, i, state, why)
    local fl = P .. 'fl:' .. floor
    local old = redis.call('GETRANGE', fl, i, i)
    if old == state then
        return
    end
    redis.call('SETRANGE', fl, i, state)
    local fv = P .. 'fv:' .. floor
    local n = redis.call('HINCRBY', fv, 'n', 1)
    local v = redis.call('HMGET', fv, 'e', 'k', 'c', 'lv')
    redis.call('XADD', P .. 'dl:' .. floor, 'MAXLEN', '~', 1000, '*', 'n', n, 'i', i, 's', state)
    redis.call('PUBLISH', v[3], table.concat({v[2], v[1], n, v[4], i, state}, '|'))
    if state == '1' then
        tell('held', floor, i)
    elseif old == '1' and state == '0' then
        tell('released', floor, i, why)
    end
end

local function read_lock(floor, i)
    local value = redis.call('GET', P .. 'lk:' .. floor .. ':' .. i)
    if not value then
        return nil
    end
    local token, student, price, extended, hold =
        string.match(value, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
    return {token = token, student = student, price = price, extended = extended, hold = hold}
end

local function write_lock(floor, i, lock, ttl)
    local value = table.concat({lock.token, lock.student, lock.price, lock.extended, lock.hold}, '|')
    redis.call('SET', P .. 'lk:' .. floor .. ':' .. i, value, 'PX', ttl)
    redis.call('SET', P .. 'st:' .. lock.student, floor .. ':' .. i, 'PX', ttl)
    redis.call('ZADD', P .. 'exp', now_ms() + ttl, floor .. ':' .. i .. ':' .. lock.token)
end

local function drop_lock(floor, i, lock)
    redis.call('DEL', P .. 'lk:' .. floor .. ':' .. i)
    if redis.call('GET', P .. 'st:' .. lock.student) == floor .. ':' .. i then
        redis.call('DEL', P .. 'st:' .. lock.student)
    end
    redis.call('ZREM', P .. 'exp', floor .. ':' .. i .. ':' .. lock.token)
end

-- Free the beds whose time ran out: a TTL alone never repaints a map.
local function sweep(limit)
    local due = redis.call('ZRANGEBYSCORE', P .. 'exp', '-inf', now_ms(), 'LIMIT', 0, limit)
    for _, member in ipairs(due) do
        local floor, i, token = string.match(member, '^(%d+):(%d+):(.*)$')
        local lock = read_lock(floor, i)
        if lock and lock.token == token then
            drop_lock(floor, i, lock)
            lock = nil
        end
        redis.call('ZREM', P .. 'exp', member)
        if not lock and redis.call('GETRANGE', P .. 'fl:' .. floor, i, i) == '1' then
            paint(floor, i, '0', 'expired')
        end
    end
    return #due
end

-- What a student holds: {floor, i, token, ttl, price, extended, hold}, or nil.
local function held_by(student)
    local where = redis.call('GET', P .. 'st:' .. student)
    if not where then
        return nil
    end
    local floor, i = string.match(where, '^(%d+):(%d+)$')
    local lock = read_lock(floor, i)
    if not lock or lock.student ~= student then
        return nil
    end
    local ttl = redis.call('PTTL', P .. 'lk:' .. where)
    return {floor, i, lock.token, tostring(ttl), lock.price, lock.extended, lock.hold}
end

-- Drop the lock of a held bed and show it free.
local function release_bed(floor, i)
    drop_lock(floor, i, read_lock(floor, i))
    if redis.call('GETRANGE', P .. 'fl:' .. floor, i, i) == '1' then
        paint(floor, i, '0', 'let_go')
    end
end
