-- One course after the other, all of COURSES_FILE; with ONCE it stops when each was asked for once.
local counter = 0
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
end

local courses, turn, answered, stopped = {}, 0, 0, false
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
  turn = turn + 1
  return wrk.format("GET", path .. "/courses/" .. courses[(turn - 1) % #courses + 1] .. "/")
end

if once then
  function response()
    answered = answered + 1
    if answered >= #courses and not stopped then
      stopped = true
      wrk.thread:stop()
    end
  end
end
