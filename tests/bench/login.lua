-- Signing in: dominated by argon2, on its own threads.
local n = 0
function request()
  n = n % 16 + 1
  return wrk.format("POST", os.getenv("API_PATH") .. "/auth/login/", { ["Content-Type"] = "application/json" },
    '{"email":"bench' .. n .. '@example.com","password":"BenchPassword12!"}')
end
