-- Writes the version of a record over itself, so that the connection has written something after the record, and WAIT says who has it.
--
-- KEYS  1 record
-- ARGV  1 version that the record must have (8 bytes)
-- Answers 0: done. -1: another version.

if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then
  return -1
end
redis.call('SETRANGE', KEYS[1], 0, ARGV[1])
return 0
