-- Take a place in the waiting room, or say that there is no need to.
-- ARGV: prefix, student, ticket or '', whether even an empty room is entered ('1')
-- Returns {'OK', state, position, waiting, ms to wait, ms of the pass, ticket} or {code}.
local student, ticket, now = ARGV[2], ARGV[3], now_ms()
local q = read_queue()
if not redis.call('GET', P .. 'ep') then
    return {'MAP_REBUILDING'}
elseif not q then
    return {'OK', 'none', '0', '0', '0', '0', ''}
end
admit(q, now)
-- While there is room for everybody nobody needs a place, unless their door opens later.
local busy = q.room <= 0 or redis.call('ZCARD', P .. 'wq') > 0
if ARGV[4] == '1' or q.mode == 'on' or busy then
    local refusal = join(q, student, ticket, now)
    if refusal then
        return refusal
    end
    admit(q, now)
else
    local refusal, place = draw_place(q, student, now)
    if refusal then
        return refusal
    elseif place > now_us() then
        join(q, student, ticket, now)
    end
end
return {'OK', unpack(describe(q, student, ticket, now))}
