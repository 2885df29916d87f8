-- Where the owner of a ticket stands; to look is to be there. ARGV: prefix, ticket
-- Returns as queue_join does, or {'QUEUE_PLACE_LOST'} when the ticket is worth nothing any more.
-- Whoever left, perhaps in another tab, is in no queue and not asked to join again.
local ticket, now = ARGV[2], now_ms()
local q = read_queue()
if not redis.call('GET', P .. 'ep') then
    return {'MAP_REBUILDING'}
elseif not q then
    return {'OK', 'none', '0', '0', '0', '0', ''}
end
local known = read_ticket(q, ticket)
if not known then
    return {'QUEUE_PLACE_LOST'}
end
local student = known.student
if redis.call('ZSCORE', P .. 'wq', student) or place_on_ticket(q, ticket, student, now) then
    join(q, student, ticket, now)
end
admit(q, now)
keep_pass(q, student, now)
local reply = describe(q, student, ticket, now)
if reply[1] == 'none' and was_left(known) then
    return {'OK', 'none', '0', '0', '0', '0', ''}
elseif reply[1] == 'none' then
    return {'QUEUE_PLACE_LOST'}
end
return {'OK', unpack(reply)}
