-- Give a pretended booking back. ARGV: prefix, student. Returns {'OK'} or {'NONE'}.
local booked = redis.call('HGET', P .. 'pb', ARGV[2])
if not booked then
    return {'NONE'}
end
local floor, i = string.match(booked, '^(%d+):(%d+):')
redis.call('HDEL', P .. 'pb', ARGV[2])
redis.call('DEL', P .. 'el:' .. ARGV[2])
paint(floor, i, '0')
return {'OK'}
