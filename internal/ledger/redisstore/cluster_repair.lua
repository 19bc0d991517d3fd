-- Makes a limit say something else: its entries, its sum and the numbers that are free. No key that has members is empty in between, see cluster_limit.lua.
--
-- KEYS  1 limit, 2 its freed numbers, 3 its open reservations, 4 its loans
-- ARGV  1 the sum, 2 the highest number given ('0': none), then of each entry its state, amount and number as in apply.lua, a space, and the claim id

local key, freedKey, openKey, loanKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local ms = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local fields, open, taken, gaps = { [''] = true, ['#n'] = ARGV[2] ~= '0' }, {}, {}, {}

local function drop(command, name, members, keep)
  for _, member in ipairs(members) do
    if not keep[member] then
      redis.call(command, name, member)
    end
  end
end

local fieldsBefore, freedBefore = redis.call('HKEYS', key), redis.call('ZRANGE', freedKey, 0, -1)
local openBefore = redis.call('ZRANGE', openKey, 0, -1)

redis.call('HSET', key, '', ARGV[1])
if fields['#n'] then
  redis.call('HSET', key, '#n', ARGV[2])
end
for i = 3, #ARGV do
  local space = string.find(ARGV[i], ' ', 1, true)
  local value, claim = string.sub(ARGV[i], 1, space - 1), string.sub(ARGV[i], space + 1)
  redis.call('HSET', key, claim, value)
  fields[claim] = true
  if string.sub(value, 1, 1) == 'r' then
    open[claim] = true
    redis.call('ZADD', openKey, 'NX', ms, claim)
  end
  local number = string.match(value, '#(%d+)$')
  if number then
    taken[tonumber(number)] = true
  end
end
for n = 1, tonumber(ARGV[2]) - 1 do
  if not taken[n] then
    local digits = string.format('%.0f', n)
    gaps[digits] = true
    redis.call('ZADD', freedKey, digits, digits)
  end
end
drop('HDEL', key, fieldsBefore, fields)
drop('ZREM', freedKey, freedBefore, gaps)
drop('ZREM', openKey, openBefore, open)
redis.call('DEL', loanKey)
return 0
