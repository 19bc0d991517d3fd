-- Returns places of an index, each with its entry, all as of one moment: place, entry, place, entry ...
--
-- KEYS  1 order, 2 members
-- ARGV  1 and 2 from where to where, as ZRANGE BYLEX takes them, 3 how many at most, 4 'REV' for backwards, else empty

local places
if ARGV[4] == 'REV' then
  places = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYLEX', 'REV', 'LIMIT', 0, ARGV[3])
else
  places = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, ARGV[3])
end
local found = {}
for _, place in ipairs(places) do
  local entry = redis.call('HGET', KEYS[2], string.sub(place, 17)) -- after the score
  found[#found + 1] = place
  found[#found + 1] = entry or ''
end
return found
