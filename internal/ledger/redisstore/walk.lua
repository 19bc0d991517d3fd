-- Makes a limit say something else: deletes it, and writes it again with its entries, its sum and the numbers that are free.
--
-- KEYS  1 limit, 2 its freed numbers
-- ARGV  1 the sum, 2 the highest number given ('0': none), then of each entry its state, amount and number as in apply.lua, a space, and the claim id

redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], '', ARGV[1])
local taken = {}
for i = 3, #ARGV do
  local space = string.find(ARGV[i], ' ', 1, true)
  local value = string.sub(ARGV[i], 1, space - 1)
  redis.call('HSET', KEYS[1], string.sub(ARGV[i], space + 1), value)
  local number = string.match(value, '#(%d+)$')
  if number then
    taken[tonumber(number)] = true
  end
end
local highest = tonumber(ARGV[2])
if highest > 0 then
  redis.call('HSET', KEYS[1], '#n', ARGV[2])
end
for n = 1, highest - 1 do
  if not taken[n] then
    redis.call('ZADD', KEYS[2], n, n)
  end
end
return 0
