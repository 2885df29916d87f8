-- Give a held bed back. ARGV: prefix, student, token. Returns {'OK'} or {'HOLD_EXPIRED'}.
local mine = held_by(ARGV[2])
if not mine or mine[3] ~= ARGV[3] then
    return {'HOLD_EXPIRED'}
end
release_bed(mine[1], mine[2])
return {'OK'}
