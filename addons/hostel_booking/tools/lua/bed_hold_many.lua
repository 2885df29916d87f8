-- Hold one bed for each of several students: all of them or none.
-- ARGV: prefix, token, bucket size, ms per refilled call, then floor, index, student of each
-- Returns {'OK', floor, i, token, ttl, price, extended, hold, floor, i, …} in the order of the
-- call, or {code, student it is about, detail…}.
local token, size, refill = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now = now_ms()
local places = {}
for n = 5, #ARGV, 3 do
    places[#places + 1] = {floor = ARGV[n], i = tonumber(ARGV[n + 1]), student = ARGV[n + 2]}
end

local function refuse(student, refusal)
    table.insert(refusal, 2, student)
    return refusal
end

for _, place in ipairs(places) do
    if not floor_ready(place.floor) then
        return {'MAP_REBUILDING', place.student}
    end
end
for _, place in ipairs(places) do
    local refusal = take_call(place.student, size, refill, now)
    if refusal then
        return refuse(place.student, refusal)
    end
end
-- Whoever acts for the group waits for their turn; the others come along.
local acting = places[1].student
local refused = check_pass(acting, now)
if refused then
    return refuse(acting, refused)
end

sweep(50)
-- Nothing is taken before everything was checked. The beds are let go together, so the shortest
-- time counts for all.
local shortest = math.huge
for _, place in ipairs(places) do
    local refusal, hold, gender = check_student(place.student, place.floor, now)
    refusal = refusal or check_bed(place.floor, place.i, gender, place.student, now)
    if refusal then
        return refuse(place.student, refusal)
    end
    shortest = math.min(shortest, hold)
end

pass_covers(acting, now, shortest)
local reply = {'OK'}
for _, place in ipairs(places) do
    for _, value in ipairs(take_bed(place.floor, place.i, place.student, token, shortest)) do
        reply[#reply + 1] = value
    end
end
return reply
