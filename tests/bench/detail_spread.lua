-- One course after the other, all of COURSES_FILE; with ONCE it stops when each was asked for once, and says what rate that was:
-- wrk itself goes on waiting, and divides by its whole time.
local ffi = require("ffi")
ffi.cdef [[
  struct bench_time { long s; long ns; };
  int clock_gettime(int clock, struct bench_time *now);
]]
local function seconds()
  local now = ffi.new("struct bench_time")
  ffi.C.clock_gettime(1, now)
  return tonumber(now.s) + tonumber(now.ns) / 1e9
end

local counter, all = 0, {}
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
  all[counter] = thread
end

local courses, turn, answered = {}, 0, 0
local path, threads, once = os.getenv("API_PATH"), tonumber(os.getenv("THREADS")), os.getenv("ONCE")

function init()
  local n = 0
  -- More than an environment holds.
  for course in io.open(os.getenv("COURSES_FILE")):read("*a"):gmatch("%S+") do
    if n % threads == id then courses[#courses + 1] = course end
    n = n + 1
  end
end

function request()
  begun = begun or seconds()
  turn = turn + 1
  return wrk.format("GET", path .. "/courses/" .. courses[(turn - 1) % #courses + 1] .. "/")
end

if once then
  function response()
    answered = answered + 1
    if answered < #courses or ended then return end
    ended, count = seconds(), answered
    wrk.thread:stop()
  end

  function done()
    local from, to, n = math.huge, 0, 0
    for _, thread in ipairs(all) do
      if not thread:get("ended") then return print("Not all were answered in time") end
      from, to, n = math.min(from, thread:get("begun")), math.max(to, thread:get("ended")), n + thread:get("count")
    end
    print(string.format("Rate-once: %.2f", n / (to - from)))
  end
end
