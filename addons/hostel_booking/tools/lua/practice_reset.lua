-- Forget the holds and pretended bookings of a practice round. ARGV: prefix.
for _, student in ipairs(redis.call('HKEYS', P .. 'pb')) do
    redis.call('DEL', P .. 'el:' .. student)
end
redis.call('DEL', P .. 'pb')
for _, member in ipairs(redis.call('ZRANGE', P .. 'exp', 0, -1)) do
    local floor, i = string.match(member, '^(%d+):(%d+):')
    local lock = read_lock(floor, i)
    if lock then
        drop_lock(floor, i, lock)
    end
    redis.call('ZREM', P .. 'exp', member)
end
return {'OK'}
