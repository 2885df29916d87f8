-- What a student holds. ARGV: prefix, student. Returns {'OK', …} or {'NONE'}.
local mine = held_by(ARGV[2])
if not mine then
    return {'NONE'}
end
return {'OK', unpack(mine)}
