-- Give back what these students hold under one token. ARGV: prefix, token, students…
-- Returns how many beds were given back; who let go already is passed over.
local released = 0
for n = 3, #ARGV do
    local mine = held_by(ARGV[n])
    if mine and mine[3] == ARGV[2] then
        release_bed(mine[1], mine[2])
        released = released + 1
    end
end
return released
