-- Applies one change of the ledger, or nothing of it.
--
-- Redis does not take back what a script wrote before it failed. So the first half only reads: it checks the version and carries out
-- all operations on tables, and whatever can fail fails there. The second half only writes.
--
-- KEYS  1 record, 2 due times, then the limit of each operation
-- ARGV  1 version that the record must have (8 bytes; empty: no record), 2 new record, 3 due time in microseconds (empty: never),
--       4 the customer as a member of the due times, then action, claim id, amount and capacity of each operation
-- Answers 0: done. -1: another version. n > 0: operation n finds no room.
--
-- A limit is a hash: claim id -> "r" (reserved) or "p" (posted) and the amount; '' -> the sum of all amounts.
--
-- Numbers here are doubles, exact up to 2^53 = 9007199254740992. Amounts and capacities stay within 9000000000000000 (the caller
-- checks), and so do sums and all differences: what is compared and stored is exact. Only '%.0f' writes such numbers in full.

if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then
  return -1
end
redis.call('ZSCORE', KEYS[2], ARGV[4]) -- only to fail now if the key holds something else

local limits = {}

-- number fails where a limit holds what no script of ours wrote.
local function number(text, key)
  return tonumber(text) or error('limit ' .. key .. ' holds ' .. tostring(text))
end

local function open(key)
  if not limits[key] then
    limits[key] = {sum = number(redis.call('HGET', key, '') or 0, key), seen = {}, changed = {}}
  end
  return limits[key]
end

-- entry returns the state of a claim and its amount, or nil.
local function entry(key, limit, claim)
  if limit.seen[claim] == nil then
    limit.seen[claim] = redis.call('HGET', key, claim)
  end
  local value = limit.seen[claim]
  if value then
    return string.sub(value, 1, 1), number(string.sub(value, 2), key)
  end
end

-- set makes the entry of a claim be value, or false: be gone.
local function set(limit, claim, value)
  limit.seen[claim] = value
  limit.changed[claim] = true
end

for n = 1, #KEYS - 2 do
  local key, at = KEYS[n + 2], 4 * n
  local action, claim = ARGV[at + 1], ARGV[at + 2]
  local limit = open(key)
  local state, held = entry(key, limit, claim)
  if action == 'reserve' and not state then
    local amount, capacity = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
    if amount > capacity - limit.sum then
      return n
    end
    limit.sum = limit.sum + amount
    set(limit, claim, 'r' .. ARGV[at + 3])
  elseif action == 'post' and state == 'r' then
    set(limit, claim, 'p' .. string.format('%.0f', held))
  elseif action == 'release' and state == 'r' then
    limit.sum = limit.sum - held
    set(limit, claim, false)
  end
end

redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[2], ARGV[4])
else
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4])
end
for key, limit in pairs(limits) do
  if next(limit.changed) then
    redis.call('HSET', key, '', string.format('%.0f', limit.sum))
    for claim in pairs(limit.changed) do
      if limit.seen[claim] then
        redis.call('HSET', key, claim, limit.seen[claim])
      else
        redis.call('HDEL', key, claim)
      end
    end
  end
end
return 0
