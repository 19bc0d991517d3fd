-- Applies one change of the ledger, or nothing of it.
--
-- Redis does not take back what a script wrote before it failed. So the first half only reads: it checks the version and carries out
-- all operations on limits on tables, and whatever can fail fails there. The second half only writes.
--
-- KEYS  1 record, 2 due times, 3 log, then the limit and its freed numbers of each limit operation, then order and members of each index
-- ARGV  1 version that the record must have (8 bytes; empty: no record), 2 new record, 3 due time in microseconds (empty: never),
--       4 the customer as a member of the due times, 5 how many limit operations, 6 how many index operations;
--       then action, claim id, amount, capacity and the KEYS number of the index it stands behind (empty: none) of each limit operation;
--       then the KEYS number of the index, member, score as 16 hex digits (empty: remove it) and data of each index operation;
--       then the events
-- Answers 0: done. -1: another version. n > 0: operation n finds no room. -1-n: operation n finds others in line.
--
-- A limit is a hash: claim id -> "r" (reserved) or "p" (posted), the amount, and "#" and the number if it has one; '' -> the sum of all
-- amounts; '#n' -> the highest number ever given. Freed numbers are a sorted set, each scored by itself. The order of an index is a sorted
-- set of score and member, all scored 0, so that it is sorted as text; its members are a hash: member -> score and data.
--
-- Numbers here are doubles, exact up to 2^53 = 9007199254740992. Amounts and capacities stay within 9000000000000000 (the caller
-- checks), and so do sums and all differences: what is compared and stored is exact. Only '%.0f' writes such numbers in full.

if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then
  return -1
end
redis.call('ZSCORE', KEYS[2], ARGV[4]) -- only to fail now if the key holds something else

local ops, indexOps = tonumber(ARGV[5]), tonumber(ARGV[6])
local firstIndex, firstIndexOp = 4 + 2 * ops, 7 + 5 * ops
local firstEvent = firstIndexOp + 4 * indexOps
if firstEvent <= #ARGV then
  redis.call('XLEN', KEYS[3])
end
for k = firstIndex, #KEYS, 2 do
  redis.call('ZCARD', KEYS[k])
  redis.call('HLEN', KEYS[k + 1])
end

local limits = {}

-- number fails where a limit holds what no script of ours wrote.
local function number(text, key)
  return tonumber(text) or error('limit ' .. key .. ' holds ' .. tostring(text))
end

local function digits(n)
  return string.format('%.0f', n)
end

local function open(key, freedKey)
  if not limits[key] then
    limits[key] = {
      key = key, sum = number(redis.call('HGET', key, '') or 0, key), seen = {}, changed = {},
      freedKey = freedKey, freed = {}, taken = {}, takenCount = 0,
    }
  end
  return limits[key]
end

-- entry returns the state of a claim, its amount and its number as text, or nil.
local function entry(limit, claim)
  if limit.seen[claim] == nil then
    limit.seen[claim] = redis.call('HGET', limit.key, claim)
  end
  local value = limit.seen[claim]
  if value then
    local state, amount, given = string.match(value, '^([rp])(%d+)#?(%d*)$')
    if not state then
      error('limit ' .. limit.key .. ' holds ' .. value)
    end
    return state, tonumber(amount), given
  end
end

-- set makes the entry of a claim be value, or false: be gone.
local function set(limit, claim, value)
  limit.seen[claim] = value
  limit.changed[claim] = true
end

-- lowest returns the lowest freed number, or nil, and whether this change freed it. Of those freed before, the change took the first few.
local function lowest(limit)
  local before = redis.call('ZRANGE', limit.freedKey, limit.takenCount, limit.takenCount)[1]
  local least = before and number(before, limit.key)
  local own = false
  for n in pairs(limit.freed) do
    if not least or n < least then
      least, own = n, true
    end
  end
  return least, own
end

-- take returns the lowest number that is free, or nil where that is beyond the capacity.
local function take(limit, capacity)
  local n, own = lowest(limit)
  if not n then
    limit.highest = limit.highest or number(redis.call('HGET', limit.key, '#n') or 0, limit.key)
    if limit.highest < capacity then
      limit.highest = limit.highest + 1
      return limit.highest
    end
  elseif n <= capacity then
    if own then
      limit.freed[n] = nil
    else
      limit.taken[n] = true
      limit.takenCount = limit.takenCount + 1
    end
    return n
  end
end

-- remove takes the entry of a claim out.
local function remove(limit, claim, amount, given)
  limit.sum = limit.sum - amount
  set(limit, claim, false)
  if given ~= '' then
    redis.call('ZCARD', limit.freedKey) -- only to fail now
    limit.freed[tonumber(given)] = true
  end
end

for n = 1, ops do
  local k, at = 2 + 2 * n, 2 + 5 * n
  local action, claim = ARGV[at], ARGV[at + 1]
  local limit = open(KEYS[k], KEYS[k + 1])
  local state, held, given = entry(limit, claim)
  if (action == 'reserve' or action == 'number') and not state then
    local amount, capacity, behind = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4]
    if behind ~= '' and redis.call('ZCARD', KEYS[tonumber(behind)]) > 0 then
      return -1 - n
    elseif amount > capacity - limit.sum then
      return n
    end
    local value = 'r' .. ARGV[at + 2]
    if action == 'number' then
      local fresh = take(limit, capacity)
      if not fresh then
        return n
      end
      value = value .. '#' .. digits(fresh)
    end
    limit.sum = limit.sum + amount
    set(limit, claim, value)
  elseif action == 'post' and state == 'r' then
    set(limit, claim, 'p' .. string.sub(limit.seen[claim], 2))
  elseif action == 'release' and state == 'r' or action == 'refund' and state then
    remove(limit, claim, held, given)
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
    redis.call('HSET', key, '', digits(limit.sum))
    for claim in pairs(limit.changed) do
      if limit.seen[claim] then
        redis.call('HSET', key, claim, limit.seen[claim])
      else
        redis.call('HDEL', key, claim)
      end
    end
  end
  if limit.highest then
    redis.call('HSET', key, '#n', digits(limit.highest))
  end
  for n in pairs(limit.taken) do
    redis.call('ZREM', limit.freedKey, digits(n))
  end
  for n in pairs(limit.freed) do
    redis.call('ZADD', limit.freedKey, digits(n), digits(n))
  end
end
for at = firstIndexOp, firstEvent - 1, 4 do
  local k, member, score = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
  local order, members = KEYS[k], KEYS[k + 1]
  local before = redis.call('HGET', members, member)
  if before then
    redis.call('ZREM', order, string.sub(before, 1, 16) .. member)
  end
  if score ~= '' then
    redis.call('ZADD', order, 0, score .. member)
    redis.call('HSET', members, member, score .. ARGV[at + 3])
  elseif before then
    redis.call('HDEL', members, member)
  end
end
for at = firstEvent, #ARGV do
  redis.call('XADD', KEYS[3], '*', 'event', ARGV[at])
end
return 0
