-- Deletes events, the oldest first, and returns how many.
--
-- KEYS  1 log
-- ARGV  1 the last to delete, as XRANGE takes it, 2 how many at most

local old = redis.call('XRANGE', KEYS[1], '-', ARGV[1], 'COUNT', ARGV[2])
if #old == 0 then
  return 0
end
local last = old[#old][1]
redis.call('XTRIM', KEYS[1], 'MINID', last)
redis.call('XDEL', KEYS[1], last)
return #old
