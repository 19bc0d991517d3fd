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

local call = redis.call
if call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then
  return -1
end

local ops, indexOps = tonumber(ARGV[5]), tonumber(ARGV[6])
local firstIndexOp = 7 + 5 * ops
local firstEvent = firstIndexOp + 4 * indexOps
if firstEvent <= #ARGV then
  call('XLEN', KEYS[3]) -- only to fail now if the key holds something else, as other reads below
end

local limits = {}

-- number fails where a limit holds what no script of ours wrote.
local function number(text, key)
  return tonumber(text) or error('limit ' .. key .. ' holds ' .. tostring(text))
end

local function digits(n)
  return string.format('%.0f', n)
end

-- open returns a limit with its sum, and has the entry of a claim in it.
local function open(key, freedKey, claim)
  local limit = limits[key]
  if not limit then
    local found = call('HMGET', key, '', claim)
    limit = { key = key, sum = number(found[1] or 0, key), seen = { [claim] = found[2] }, changed = {},
      freedKey = freedKey, freed = {}, taken = {}, takenCount = 0 }
    limits[key] = limit
  elseif limit.seen[claim] == nil then
    limit.seen[claim] = call('HGET', key, claim)
  end
  return limit
end

-- entry returns the state of a claim that open had, its amount and its number as text, or nil.
local function entry(limit, claim)
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
  local before = call('ZRANGE', limit.freedKey, limit.takenCount, limit.takenCount)[1]
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
    limit.highest = limit.highest or number(call('HGET', limit.key, '#n') or 0, limit.key)
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
    call('ZCARD', limit.freedKey) -- only to fail now
    limit.freed[tonumber(given)] = true
  end
end

for n = 1, ops do
  local k, at = 2 + 2 * n, 2 + 5 * n
  local action, claim = ARGV[at], ARGV[at + 1]
  local limit = open(KEYS[k], KEYS[k + 1], claim)
  local state, held, given = entry(limit, claim)
  if (action == 'reserve' or action == 'number') and not state then
    local amount, capacity, behind = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4]
    if behind ~= '' and call('ZCARD', KEYS[tonumber(behind)]) > 0 then
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

-- KEYS number of an index, space, member -> what the member has.
local had, ordered = {}, {}
for at = firstIndexOp, firstEvent - 1, 4 do
  local name, k = ARGV[at] .. ' ' .. ARGV[at + 1], tonumber(ARGV[at])
  if not ordered[k] then
    ordered[k] = call('ZCARD', KEYS[k])
  end
  if had[name] == nil then
    had[name] = call('HGET', KEYS[k + 1], ARGV[at + 1])
  end
end

-- All was read but, mostly, the due time: a wrong type is noticed by the first to be written as well. That is something for which memory may be short.
local due = ARGV[3] == '' and call('ZSCORE', KEYS[2], ARGV[4])
if ARGV[3] ~= '' then
  call('ZADD', KEYS[2], ARGV[3], ARGV[4])
end
call('SET', KEYS[1], ARGV[2])
if due then
  call('ZREM', KEYS[2], ARGV[4])
end

-- save writes what became of a limit's entries, and their sum.
local function save(key, limit)
  local sum, saved = digits(limit.sum), false
  for claim in pairs(limit.changed) do
    if limit.seen[claim] then
      call('HSET', key, '', sum, claim, limit.seen[claim])
      saved = true
    else
      call('HDEL', key, claim)
    end
  end
  if not saved then
    call('HSET', key, '', sum)
  end
end

for key, limit in pairs(limits) do
  if next(limit.changed) then
    save(key, limit)
  end
  if limit.highest then
    call('HSET', key, '#n', digits(limit.highest))
  end
  for n in pairs(limit.taken) do
    call('ZREM', limit.freedKey, digits(n))
  end
  for n in pairs(limit.freed) do
    call('ZADD', limit.freedKey, digits(n), digits(n))
  end
end
for at = firstIndexOp, firstEvent - 1, 4 do
  local k, member, score = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
  local order, members, name = KEYS[k], KEYS[k + 1], ARGV[at] .. ' ' .. member
  local before = had[name]
  if before then
    call('ZREM', order, string.sub(before, 1, 16) .. member)
  end
  if score ~= '' then
    had[name] = score .. ARGV[at + 3]
    call('ZADD', order, 0, score .. member)
    call('HSET', members, member, had[name])
  elseif before then
    had[name] = false
    call('HDEL', members, member)
  end
end
for at = firstEvent, #ARGV do
  call('XADD', KEYS[3], '*', 'event', ARGV[at])
end
return 0
