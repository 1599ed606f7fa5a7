-- Tells entities of a plugin a command, each person's own.
local people, turn = {}, 0
local path = os.getenv("API_PATH")

function init()
  for token in os.getenv("TOKENS"):gmatch("%S+") do
    people[#people + 1] = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  end
end

function request()
  turn = turn + 1
  return wrk.format("POST", path .. "/trouble/visit/", people[turn % #people + 1], "{}")
end
