-- Carries out the operations of one change on one limit, in two phases: "hold" before the record is written, and "settle" after it.
--
-- KEYS  1 limit, 2 freed numbers, 3 open reservations, 4 loans
-- ARGV  1 phase; then action, claim id, amount, capacity and "1" where others wait in line (else empty), of each operation
-- Answers a list: 0, then the numbers of the operations that post or give back something: done, and settle needs no others of these kinds.
--         Or n > 0: operation n finds no room. Or -1-n: operation n finds others in line.
--
-- Both phases carry out all operations on tables, in their order, just as apply.lua does. Settling writes what comes out. Holding writes only what the
-- change gains: what it gives up it keeps until the record says so, because the record may still turn out to be another one. Where a gain needs the room,
-- or the number, of what the same change gives up, it is lent: the giver's entry stays and goes on to count, and the taker's entry counts the less. When
-- the giver's entry goes, the loan becomes the taker's own; when the taker's goes, the loan is the giver's again. So whichever way the record goes, and
-- whoever settles the two entries in whatever order, the sum is right.
--
-- A limit and its freed numbers are as in apply.lua. Open reservations are a sorted set: claim id, by the time in milliseconds since which it is neither
-- posted nor given back. Loans are a hash: length of the taker's claim id, ':', taker, giver -> amount and, with the number, "#".
--
-- On a node that hands its slot over, a key that a script empties must not be touched again: the node takes it for moved, and the script would break off
-- half way. So members are always added before others are removed.

local key, freedKey, openKey, loanKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local settling = ARGV[1] == 'settle'

-- number fails where a limit holds what no script of ours wrote.
local function number(text)
  return tonumber(text) or error('limit ' .. key .. ' holds ' .. tostring(text))
end

local function digits(n)
  return string.format('%.0f', n)
end

local sum = number(redis.call('HGET', key, '') or 0)
local before, entries, changed, removed = {}, {}, {}, {}
local freed, taken, takenCount, highest = {}, {}, 0, nil
local origin = {} -- number -> the claim that had it before this change and gives it up
redis.call('ZCARD', freedKey)
redis.call('ZCARD', openKey)

local loans = {}
local flat = redis.call('HGETALL', loanKey)
for i = 1, #flat, 2 do
  local field, value = flat[i], flat[i + 1]
  local colon = string.find(field, ':', 1, true) or error('loans of ' .. key .. ' hold ' .. field)
  local length = number(string.sub(field, 1, colon - 1))
  loans[#loans + 1] = {
    field = field, taker = string.sub(field, colon + 1, colon + length), giver = string.sub(field, colon + length + 1),
    amount = number(string.match(value, '^%d+')), number = string.find(value, '#', 1, true) ~= nil,
  }
end

-- borrowed returns what a claim has as loans, and whether its number is one.
local function borrowed(claim)
  local amount, lent = 0, false
  for _, loan in ipairs(loans) do
    if loan.taker == claim and not loan.over then
      amount, lent = amount + loan.amount, lent or loan.number
    end
  end
  return amount, lent
end

local function parse(value)
  local state, amount, n = string.match(value, '^([rp])(%d+)#?(%d*)$')
  if not state then
    error('limit ' .. key .. ' holds ' .. value)
  end
  return state, tonumber(amount), n
end

-- entry returns the state of a claim, its amount and its number as text, or nil.
local function entry(claim)
  if entries[claim] == nil then
    entries[claim] = redis.call('HGET', key, claim)
    before[claim] = entries[claim]
  end
  if entries[claim] then
    return parse(entries[claim])
  end
end

local function set(claim, value)
  entries[claim] = value
  changed[claim] = true
end

-- take returns the lowest number that is free, or nil where that is beyond the capacity.
local function take(capacity)
  local known = redis.call('ZRANGE', freedKey, takenCount, takenCount)[1]
  local n, own = known and number(known), false
  for f in pairs(freed) do
    if not n or f < n then
      n, own = f, true
    end
  end
  if not n then
    highest = highest or number(redis.call('HGET', key, '#n') or 0)
    if highest < capacity then
      highest = highest + 1
      return highest
    end
  elseif n <= capacity then
    if own then
      freed[n] = nil
    else
      taken[n] = true
      takenCount = takenCount + 1
    end
    return n
  end
end

-- remove takes the entry of a claim out. What it lends becomes the taker's own, what it borrows the giver's.
local function remove(claim, amount, n)
  local stays = false
  for _, loan in ipairs(loans) do
    if not loan.over and (loan.taker == claim or loan.giver == claim) then
      loan.over = true
      amount = amount - loan.amount
      stays = stays or loan.number
    end
  end
  sum = sum - amount
  removed[claim] = before[claim] and true
  set(claim, false)
  if n ~= '' and not stays then
    freed[tonumber(n)] = true
    if before[claim] and select(3, parse(before[claim])) == n then
      origin[tonumber(n)] = claim
    end
  end
end

local own = 0 -- what loans became their takers' own by another reservation

-- buy makes an entry's loans its own, as if it were reserved only now: its giver may well keep what it lent. It reports whether there is room.
local function buy(claim, capacity)
  local amount, lent = borrowed(claim)
  if amount > capacity - sum then
    return false
  end
  local state, whole = entry(claim)
  if lent then
    local fresh = take(capacity)
    if not fresh then
      return false
    end
    set(claim, state .. digits(whole) .. '#' .. digits(fresh))
  end
  for _, loan in ipairs(loans) do
    if loan.taker == claim and not loan.over then
      loan.over, loan.bought = true, true
    end
  end
  sum, own = sum + amount, own + amount
  return true
end

-- reserve returns false where there is no room.
local function reserve(action, claim, amount, capacity)
  if not settling and amount > capacity - sum then
    return false
  end
  local value = 'r' .. digits(amount)
  if action == 'number' then
    local fresh = take(settling and 9007199254740992 or capacity)
    if not fresh then
      return false
    end
    value = value .. '#' .. digits(fresh)
  end
  sum = sum + amount
  set(claim, value)
  return true
end

local effective = { 0 }

-- carryOut returns what the script answers, if not 0.
local function carryOut(n, action, claim, amount, capacity, behind)
  local state, held, numbered = entry(claim)
  if action == 'reserve' or action == 'number' then
    if state then
      local amountLent, numberLent = borrowed(claim)
      if not settling and (amountLent > 0 or numberLent) and not buy(claim, capacity) then
        return n
      end
    elseif not settling and behind then
      return -1 - n
    elseif (not settling or removed[claim]) and not reserve(action, claim, amount, capacity) then
      return n -- while settling, a reservation that is gone was given back by another, and must not come again
    end
  elseif action == 'post' and state == 'r' then
    set(claim, 'p' .. string.sub(entries[claim], 2))
    effective[#effective + 1] = n
  elseif action == 'release' and state == 'r' or action == 'refund' and state then
    remove(claim, held, numbered)
    effective[#effective + 1] = n
  end
  return 0
end

local start = sum
for at = 2, #ARGV, 5 do
  local answer = carryOut((at + 3) / 5, ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4] ~= '')
  if answer ~= 0 then
    return { answer }
  end
end

local puts, drops, opened, closed, lends = {}, {}, {}, {}, {}

-- plan tells what holding writes: gains, and what they borrow of the losses.
local function plan()
  local gains, losses, known, total = {}, {}, {}, start + own
  for claim in pairs(changed) do
    local now, was = entries[claim], before[claim]
    if now and not was then
      local _, amount, n = parse(now)
      puts[claim], opened[claim] = 'r' .. string.sub(now, 2), true
      gains[#gains + 1] = { claim = claim, amount = amount, number = tonumber(n) }
    elseif was then
      local state, amount, n = parse(was)
      local _, after, fresh = parse(now or 'r0')
      if now and removed[claim] and fresh ~= n and fresh ~= '' then
        freed[tonumber(fresh)] = true -- it takes that when it is entered again
      end
      if now and not removed[claim] and fresh ~= n then
        puts[claim] = now -- it bought its number
        amount = after
      elseif after > amount then
        puts[claim] = state .. digits(after) .. (n ~= '' and '#' .. n or '')
        gains[#gains + 1] = { claim = claim, amount = after - amount }
      end
      losses[claim] = math.max(0, amount - after)
    end
  end
  for _, loan in ipairs(loans) do
    known[loan.field] = true
    for _, party in ipairs({ loan.taker, loan.giver }) do
      if losses[party] and not loan.bought then
        losses[party] = math.max(0, losses[party] - loan.amount)
      end
    end
  end
  local function lend(gain, giver)
    local amount = math.min(gain.amount, losses[giver] or 0)
    local withNumber = gain.number and origin[gain.number] == giver
    local field = #gain.claim .. ':' .. gain.claim .. giver
    if (amount > 0 or withNumber) and not known[field] then
      known[field] = true
      lends[#lends + 1] = { field, digits(amount) .. (withNumber and '#' or '') }
      gain.amount = gain.amount - amount
      losses[giver] = (losses[giver] or 0) - amount
    end
  end
  for _, gain in ipairs(gains) do
    if gain.number and origin[gain.number] then
      lend(gain, origin[gain.number])
    end
  end
  for _, gain in ipairs(gains) do
    for giver in pairs(losses) do
      if giver ~= gain.claim then
        lend(gain, giver)
      end
    end
    total = total + gain.amount
  end
  return total
end

if settling then
  for claim in pairs(changed) do
    local now = entries[claim]
    if now then
      puts[claim] = now
    elseif before[claim] then
      drops[claim] = true
    end
    if now and string.sub(now, 1, 1) == 'r' then
      opened[claim] = true
    elseif redis.call('ZSCORE', openKey, claim) then
      closed[claim] = true
    end
  end
  for claim, value in pairs(entries) do
    if not value and redis.call('ZSCORE', openKey, claim) then
      closed[claim] = true -- a mark of nothing, which would come up again for ever
    end
  end
  origin = {}
else
  sum = plan()
end

local time = redis.call('TIME')
local ms = digits(time[1] * 1000 + math.floor(time[2] / 1000))
for _, lend in ipairs(lends) do
  redis.call('HSET', loanKey, lend[1], lend[2])
end
if not settling or next(puts) or next(drops) or sum ~= start then
  -- While holding, even where all is there already: who waits for replicas then waits for what an earlier try left on this node alone.
  redis.call('HSET', key, '', digits(sum))
end
if highest then
  redis.call('HSET', key, '#n', digits(highest))
end
for claim, value in pairs(puts) do
  redis.call('HSET', key, claim, value)
end
for claim in pairs(drops) do
  redis.call('HDEL', key, claim)
end
for claim in pairs(opened) do
  redis.call('ZADD', openKey, ms, claim)
end
for n in pairs(freed) do
  if not origin[n] then
    redis.call('ZADD', freedKey, digits(n), digits(n))
    taken[n] = nil
  end
end
for n in pairs(taken) do
  redis.call('ZREM', freedKey, digits(n))
end
local over = {}
for _, loan in ipairs(loans) do
  if loan.over and (settling or loan.bought) then
    over[#over + 1] = loan.field
  end
end
for claim in pairs(closed) do
  redis.call('ZREM', openKey, claim)
end
for _, field in ipairs(over) do
  redis.call('HDEL', loanKey, field)
end
return effective
