-- People enter one free course after the other. Beyond the last one the answer is 409, still decided by the learner's actor.
-- With SPREAD whoever comes next enters another course, all over the catalogue, and nobody enters one twice.
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

local spread = os.getenv("SPREAD")

function request()
  local person, round = turn % #people, math.floor(turn / #people)
  turn = turn + 1
  -- 7919 is a prime: each round leads a person to a course of its own.
  local place = spread and round * 7919 + person * 131 + id * 1237 or round
  return wrk.format("POST", path .. "/courses/" .. free[place % #free + 1] .. "/enroll/", people[person + 1], "")
end
