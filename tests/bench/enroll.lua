-- People enter one free course after the other. Beyond the last one the answer is 409, still decided by the learner's actor.
local counter = 0
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
end

local people, free, turn = {}, {}, 0
local path, threads = os.getenv("API_PATH"), tonumber(os.getenv("THREADS"))

function init()
  local n = 0
  for token in os.getenv("TOKENS"):gmatch("%S+") do
    if n % threads == id then people[#people + 1] = { ["Authorization"] = "Bearer " .. token } end
    n = n + 1
  end
  for course in os.getenv("FREE"):gmatch("%S+") do free[#free + 1] = course end
end

function request()
  turn = turn + 1
  local course = free[math.floor(turn / #people) % #free + 1]
  return wrk.format("POST", path .. "/courses/" .. course .. "/enroll/", people[turn % #people + 1], "")
end
