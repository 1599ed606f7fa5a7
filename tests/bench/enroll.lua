-- One thread is one person: enters one free course after the other. Beyond the last one the answer is 409, still decided by
-- the learner's actor.
local counter = 0
function setup(thread)
  local n = 0
  for token in os.getenv("TOKENS"):gmatch("%S+") do
    if n == counter then thread:set("token", token) end
    n = n + 1
  end
  counter = counter + 1
end

local free, next_course = {}, 0
for id in os.getenv("FREE"):gmatch("%S+") do free[#free + 1] = id end

function request()
  next_course = next_course % #free + 1
  return wrk.format("POST", os.getenv("API_PATH") .. "/courses/" .. free[next_course] .. "/enroll/",
    { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }, "")
end
