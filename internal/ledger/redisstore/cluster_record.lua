-- Writes a record with all that belongs to it in its partition, or nothing of it.
--
-- KEYS  1 record, 2 due times, 3 log, then order and members of each index
-- ARGV  1 version that the record must have (8 bytes; empty: no record), 2 new record, 3 due time in microseconds (empty: never),
--       4 the customer as a member of the due times, 5 how many index operations; then the KEYS number of the index, member, score as 16 hex digits
--       (empty: remove it) and data of each; then the events
-- Answers 0: done. -1: another version.
--
-- The layout is that of apply.lua. The first half only reads, so that what can fail fails there. In the second, members are added before others are
-- removed: on a node that hands its slot over, a key that a script emptied must not be touched again, or the script breaks off half way.

if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then
  return -1
end
redis.call('ZSCORE', KEYS[2], ARGV[4]) -- only to fail now if the key holds something else

local firstEvent = 6 + 4 * tonumber(ARGV[5])
if firstEvent <= #ARGV then
  redis.call('XLEN', KEYS[3])
end

-- KEYS number -> member -> what becomes of it: score and data, or false; the same of what was there before.
local after, before = {}, {}
for k = 4, #KEYS, 2 do
  redis.call('ZCARD', KEYS[k])
  after[k], before[k] = {}, {}
end
for at = 6, firstEvent - 1, 4 do
  local k, member, score = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
  if before[k][member] == nil then
    before[k][member] = redis.call('HGET', KEYS[k + 1], member)
  end
  after[k][member] = score ~= '' and score .. ARGV[at + 3]
end

redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[2], ARGV[4])
else
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4])
end
local function place(value, member)
  return string.sub(value, 1, 16) .. member
end
for k, members in pairs(after) do
  for member, value in pairs(members) do
    if value then
      redis.call('ZADD', KEYS[k], 0, place(value, member))
      redis.call('HSET', KEYS[k + 1], member, value)
    end
  end
  for member, value in pairs(members) do
    local was = before[k][member]
    if was and (not value or place(value, member) ~= place(was, member)) then
      redis.call('ZREM', KEYS[k], place(was, member))
    end
    if was and not value then
      redis.call('HDEL', KEYS[k + 1], member)
    end
  end
end
for at = firstEvent, #ARGV do
  redis.call('XADD', KEYS[3], '*', 'event', ARGV[at])
end
return 0
