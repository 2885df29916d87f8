-- Free beds whose hold ran out. ARGV: prefix, limit. Returns how many were due.
return sweep(tonumber(ARGV[2]))
