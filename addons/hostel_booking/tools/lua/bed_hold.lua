-- Hold one bed for one student.
-- ARGV: prefix, floor, index, student, token, bucket size, ms per refilled call
-- Returns {'OK', floor, i, token, ttl, price, extended, hold} or {code, detail…}.
local floor, i, student, token = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local now = now_ms()

if not floor_ready(floor) then
    return {'MAP_REBUILDING'}
end
local refusal = take_call(student, tonumber(ARGV[6]), tonumber(ARGV[7]), now)
if refusal then
    return refusal
end
local hold, gender
refusal, hold, gender = check_student(student, floor, now)
refusal = refusal or check_pass(student, now)
if refusal then
    return refusal
end
sweep(50)
refusal = check_bed(floor, i, gender, student, now)
if refusal then
    return refusal
end
pass_covers(student, now, hold)
return {'OK', unpack(take_bed(floor, i, student, token, hold))}
