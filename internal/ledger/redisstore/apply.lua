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
--
-- Redis runs one script at a time, and each run makes its functions and tables anew. So there are no functions here, and few tables where a
-- change has no more than one operation on a limit, as most have. Constants are text, which Redis takes as it is.

local call, KEYS, ARGV = redis.call, KEYS, ARGV
if call('GETRANGE', KEYS[1], '0', '7') ~= ARGV[1] then
  return -1
end

local ops = tonumber(ARGV[5])
local firstIndexOp = 7 + 5 * ops
local firstEvent = firstIndexOp + 4 * ARGV[6]
if ARGV[firstEvent] then
  call('XLEN', KEYS[3]) -- only to fail now if the key holds something else, as other reads below
end

-- Of the last operation: its limit, the sum, its claim, the entry, or false, and whether that changed.
local key, sum, claim, value, changed
local limits = ops > 1 and {} -- of several operations: key -> sum, and claim -> entry, claim -> whether it changed
local numbered -- key -> what becomes of the numbers of a limit

for n = 1, ops do
  local at = 2 + 5 * n
  local action = ARGV[at]
  key, claim, changed = KEYS[2 + 2 * n], ARGV[at + 1], false
  local limit = limits and limits[key]
  if limit then
    sum, value = limit.sum, limit.entries[claim]
    if value == nil then
      value = call('HGET', key, claim)
    end
  else
    local found = call('HMGET', key, '', claim)
    sum, value = tonumber(found[1] or 0) or error('limit ' .. key .. ' holds ' .. found[1]), found[2]
  end

  local state, held, number
  if value then
    state, held, number = string.match(value, '^([rp])(%d+)#?(%d*)$')
    if not state then
      error('limit ' .. key .. ' holds ' .. value)
    end
  end
  local numbers
  if action == 'number' or number and number ~= '' then
    numbered = numbered or {}
    numbers = numbered[key] or { key = KEYS[3 + 2 * n], freed = {}, taken = {}, takenCount = 0 }
    numbered[key] = numbers
  end

  if (action == 'reserve' or action == 'number') and not state then
    local amount, capacity, behind = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4]
    if behind ~= '' and call('ZCARD', KEYS[tonumber(behind)]) > 0 then
      return -1 - n
    elseif amount > capacity - sum then
      return n
    end
    sum, value, changed = sum + amount, 'r' .. ARGV[at + 2], true
    if action == 'number' then
      -- The lowest that is free, and whether this change freed it. Of those freed before, the change took the first few.
      local before = call('ZRANGE', numbers.key, numbers.takenCount, numbers.takenCount)[1]
      local least = before and (tonumber(before) or error('limit ' .. key .. ' holds ' .. before))
      local own = false
      for freed in pairs(numbers.freed) do
        if not least or freed < least then
          least, own = freed, true
        end
      end
      if own then
        numbers.freed[least] = nil
      elseif least then
        numbers.taken[least] = true
        numbers.takenCount = numbers.takenCount + 1
      else
        local highest = numbers.highest or call('HGET', key, '#n') or 0
        least = (tonumber(highest) or error('limit ' .. key .. ' holds ' .. highest)) + 1
        numbers.highest = least
      end
      if least > capacity then
        return n
      end
      value = value .. '#' .. string.format('%.0f', least)
    end
  elseif action == 'post' and state == 'r' then
    value, changed = 'p' .. string.sub(value, 2), true
  elseif action == 'release' and state == 'r' or action == 'refund' and state then
    sum, value, changed = sum - held, false, true
    if numbers then
      call('ZCARD', numbers.key) -- only to fail now
      numbers.freed[tonumber(number)] = true
    end
  end

  if limits then
    limit = limit or { entries = {}, changed = {} }
    limits[key], limit.sum, limit.entries[claim] = limit, sum, value
    limit.changed[claim] = limit.changed[claim] or changed or nil
  end
end

-- KEYS number of an index -> member -> what the member has.
local had = {}
for at = firstIndexOp, firstEvent - 1, 4 do
  local index, member = ARGV[at], ARGV[at + 1]
  local entries = had[index]
  if not entries then
    entries = {}
    had[index] = entries
    call('ZCARD', KEYS[tonumber(index)])
  end
  if entries[member] == nil then
    entries[member] = call('HGET', KEYS[index + 1], member)
  end
end

-- All was read but, mostly, the due times: the first to be written notices a wrong type as well. And that is something for which memory may
-- be short.
if ARGV[3] == '' then
  call('ZCARD', KEYS[2])
  call('SET', KEYS[1], ARGV[2])
  call('ZREM', KEYS[2], ARGV[4])
else
  call('ZADD', KEYS[2], ARGV[3], ARGV[4])
  call('SET', KEYS[1], ARGV[2])
end

if limits then
  for key, limit in pairs(limits) do
    local digits = string.format('%.0f', limit.sum)
    for claim in pairs(limit.changed) do
      if limit.entries[claim] then
        call('HSET', key, '', digits, claim, limit.entries[claim])
      else
        call('HDEL', key, claim)
        call('HSET', key, '', digits)
      end
    end
  end
elseif changed then
  local digits = string.format('%.0f', sum)
  if value then
    call('HSET', key, '', digits, claim, value)
  else
    call('HDEL', key, claim)
    call('HSET', key, '', digits)
  end
end
if numbered then
  for key, numbers in pairs(numbered) do
    if numbers.highest then
      call('HSET', key, '#n', string.format('%.0f', numbers.highest))
    end
    for n in pairs(numbers.taken) do
      call('ZREM', numbers.key, string.format('%.0f', n))
    end
    for n in pairs(numbers.freed) do
      local digits = string.format('%.0f', n)
      call('ZADD', numbers.key, digits, digits)
    end
  end
end
for at = firstIndexOp, firstEvent - 1, 4 do
  local index, member, score = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local order, members, entries = KEYS[tonumber(index)], KEYS[index + 1], had[index]
  local before = entries[member]
  if before then
    call('ZREM', order, string.sub(before, 1, 16) .. member)
  end
  if score ~= '' then
    local after = score .. ARGV[at + 3]
    entries[member] = after
    call('ZADD', order, '0', score .. member)
    call('HSET', members, member, after)
  elseif before then
    entries[member] = false
    call('HDEL', members, member)
  end
end
for at = firstEvent, #ARGV do
  call('XADD', KEYS[3], '*', 'event', ARGV[at])
end
return 0
