-- Makes what a limit keeps beside its entries follow from them: the sum, the highest number, the freed numbers, and in a cluster the open reservations.
-- No key that has members is empty in between, see cluster_limit.lua, and what can fail fails before anything is written.
--
-- KEYS  1 limit, 2 its freed numbers, and in a cluster 3 its open reservations, 4 its loans
-- ARGV  1 how many numbers may be freed at most
-- Answers 0: done. n > 0: the number n is too high to be true.

local key, freedKey, openKey, loanKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function digits(n)
  return string.format('%.0f', n)
end

local sum, count, highest = 0, 0, 0
local taken, state = {}, {}
local flat = redis.call('HGETALL', key)
for i = 1, #flat, 2 do
  local claim, value = flat[i], flat[i + 1]
  if claim ~= '' and claim ~= '#n' then
    local s, amount, n = string.match(value, '^([rp])(%d+)#?(%d*)$')
    if not s then
      error('limit ' .. key .. ' holds ' .. value)
    end
    sum, count, state[claim] = sum + tonumber(amount), count + 1, s
    if n ~= '' then
      taken[tonumber(n)] = true
      highest = math.max(highest, tonumber(n))
    end
  end
end
if highest - count > tonumber(ARGV[1]) then
  return highest
end
if loanKey then
  local loans = redis.call('HGETALL', loanKey)
  for i = 1, #loans, 2 do
    local length, names = string.match(loans[i], '^(%d+):(.*)$')
    if state[string.sub(names, 1, tonumber(length))] then
      sum = sum - tonumber(string.match(loans[i + 1], '^%d+'))
    end
  end
end
local freedBefore = redis.call('ZRANGE', freedKey, 0, -1)
local openBefore = openKey and redis.call('ZRANGE', openKey, 0, -1) or {}
local time = redis.call('TIME')

local function drop(name, members, keep)
  for _, member in ipairs(members) do
    if not keep(member) then
      redis.call('ZREM', name, member)
    end
  end
end

redis.call('HSET', key, '', digits(sum))
if highest > 0 then
  redis.call('HSET', key, '#n', digits(highest))
else
  redis.call('HDEL', key, '#n')
end
local gaps = {}
for n = 1, highest - 1 do
  if not taken[n] then
    gaps[digits(n)] = true
    redis.call('ZADD', freedKey, digits(n), digits(n))
  end
end
drop(freedKey, freedBefore, function(n) return gaps[n] end)
if openKey then
  local ms = digits(time[1] * 1000 + math.floor(time[2] / 1000))
  for claim, s in pairs(state) do
    if s == 'r' then
      redis.call('ZADD', openKey, 'NX', ms, claim)
    end
  end
  drop(openKey, openBefore, function(claim) return state[claim] == 'r' end)
end
return 0
