import { createHash } from 'node:crypto';

/** What the script's error says of a key that holds something else. */
export const UNREADABLE = 'There is no rate limit counter at';

/**
 * Takes from all counters or from none, in the one step of a script. It goes by Redis' clock, so that processes whose
 * clocks differ agree, and counts as the counters in memory do.
 *
 * A counter is one packed array. Of windows: which part since 1970 and how many units, for each part in which some
 * were taken, oldest first; a fixed window is one that has one part. Of a token bucket: how long it takes until it is
 * full, as of the moment beside it; that and a moment do not go into one number. What cannot be read is no empty
 * counter but an error.
 *
 * ARGV: "take" or "peek", how many calls, the time or "", and of each counter: algorithm, limit, window, burst, cost.
 * Answers how many were granted, and of each counter: remaining, milliseconds to reset, to retry or -1 for never.
 */
export const TAKE_SCRIPT = `
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local PARTS = 12
-- So that a counter is still there when Redis' clock is set back a little.
local SLACK_MS = 10000
-- Redis is given it in figures, and a longer number has an exponent.
local MAX_LEFT_MS = 1e15

local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + floor(time[2] / 1000)
end

local function stored(key, isBucket)
  local packed = redis.pcall('GET', key)
  if not packed then return {} end
  local isRead, values = pcall(cmsgpack.unpack, packed)
  local isCounter = isRead and type(values) == 'table' and #values > 0 and #values % 2 == 0
    and (not isBucket or #values == 2)
  if isCounter then
    for at = 1, #values do
      if type(values[at]) ~= 'number' then isCounter = false end
    end
  end
  if not isCounter then error('${UNREADABLE} ' .. key) end
  return values
end

local function readWindows(c)
  local kept = c.isFixed and 1 or PARTS + 1
  c.partMs = kept == 1 and c.windowMs or ceil(c.windowMs / PARTS)
  c.keptMs = kept * c.partMs
  c.part = floor(now / c.partMs)
  local values = stored(c.key)
  local ahead = max(0, (values[#values - 1] or 0) - c.part)
  c.isMoved = ahead > 0
  local present, count = {}, 0
  for at = 1, #values, 2 do
    local part, units = values[at] - ahead, values[at + 1]
    if part + kept > c.part then
      present[count + 1], present[count + 2] = part, units
      count = count + 2
      c.used = c.used + units
    end
  end
  c.values = present
  c.room = max(0, c.limit - c.used)
end

local function takeWindows(c, units)
  local values = c.values
  if values[#values - 1] == c.part then
    values[#values] = values[#values] + units
  else
    values[#values + 1] = c.part
    values[#values + 1] = units
  end
  c.used = c.used + units
  c.room = max(0, c.limit - c.used)
end

local function untilGone(c, units)
  local at, gone = 1, c.values[2]
  while gone < units do
    at = at + 2
    gone = gone + c.values[at + 1]
  end
  return c.values[at] * c.partMs + c.keptMs - now
end

local function windowsState(c)
  local reset, retry = 0, 0
  if c.used > 0 then reset = untilGone(c, 1) end
  if c.cost > c.limit then retry = -1
  elseif c.cost > c.room then retry = untilGone(c, c.used + c.cost - c.limit) end
  return reset, retry
end

local function readBucket(c)
  if c.limit == 0 then return end
  c.unitMs = c.windowMs / c.limit
  -- What a sum of intervals may be off by: units must neither be lost to it nor, at high rates, gained.
  c.rounding = min(c.unitMs / 1000, 1e-6 + c.unitMs * 1e-9)
  local values = stored(c.key, true)
  local fullInMs = values[1] and values[1] + (values[2] - now) or 0
  c.usedMs = min(c.burst * c.windowMs / c.limit, max(0, fullInMs))
  c.isMoved = c.burst > 0 and fullInMs > c.usedMs
  c.room = floor((c.burst * c.unitMs - c.usedMs + c.rounding) / c.unitMs)
end

local function takeBucket(c, units)
  c.usedMs = c.usedMs + units * c.windowMs / c.limit
  c.room = floor((c.burst * c.unitMs - c.usedMs + c.rounding) / c.unitMs)
end

local function untilRoom(c, units)
  return ceil(c.usedMs - (c.burst - units) * c.unitMs - c.rounding)
end

local function bucketState(c)
  local reset, retry = 0, 0
  if c.limit > 0 and c.room < c.burst then reset = untilRoom(c, c.room + 1) end
  if c.cost > c.room then
    retry = -1
    if c.limit > 0 and c.cost <= c.burst then retry = untilRoom(c, c.cost) end
  end
  return reset, retry
end

local granted = tonumber(ARGV[2])
local counters = {}
for at = 1, #KEYS do
  local arg = at * 5 - 1
  -- All it will ever hold, at once: a table that grows is copied each time.
  local c = {
    key = KEYS[at], isBucket = ARGV[arg] == 'token-bucket', isFixed = ARGV[arg] == 'fixed-window',
    limit = tonumber(ARGV[arg + 1]), windowMs = tonumber(ARGV[arg + 2]),
    burst = tonumber(ARGV[arg + 3]), cost = tonumber(ARGV[arg + 4]),
    room = 0, isMoved = false,
    part = 0, partMs = 0, keptMs = 0, values = false, used = 0,
    unitMs = 0, rounding = 0, usedMs = 0,
  }
  if c.isBucket then readBucket(c) else readWindows(c) end
  if c.cost > 0 then granted = min(granted, floor(c.room / c.cost)) end
  counters[at] = c
end

local answer = { granted }
for at = 1, #counters do
  local c = counters[at]
  local units = granted * c.cost
  if units > 0 then
    if c.isBucket then takeBucket(c, units) else takeWindows(c, units) end
  end
  local reset, retry
  if c.isBucket then reset, retry = bucketState(c) else reset, retry = windowsState(c) end
  if ARGV[1] == 'take' and (units > 0 or c.isMoved) then
    local values = c.isBucket and { c.usedMs, now } or c.values
    local leftMs = c.isBucket and ceil(c.usedMs) or c.part * c.partMs + c.keptMs - now
    redis.call('SET', c.key, cmsgpack.pack(values), 'PX', min(leftMs + SLACK_MS, MAX_LEFT_MS))
  end
  answer[at * 3 - 1], answer[at * 3], answer[at * 3 + 1] = c.room, reset, retry
end
return answer
`;

/** Redis knows a script by this. */
export const TAKE_SHA1 = createHash('sha1').update(TAKE_SCRIPT).digest('hex');
