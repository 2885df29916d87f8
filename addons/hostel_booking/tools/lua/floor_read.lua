-- State of one floor. ARGV: prefix, floor. Returns {'OK', epoch, n, layout version, states,
-- version of the round's windows} or {code}.
if not floor_ready(ARGV[2]) then
    return {'MAP_REBUILDING'}
end
sweep(50)
local v = redis.call('HMGET', P .. 'fv:' .. ARGV[2], 'e', 'n', 'lv')
return {'OK', v[1], v[2], v[3], redis.call('GET', P .. 'fl:' .. ARGV[2]),
    redis.call('GET', P .. 'dv') or '0'}
