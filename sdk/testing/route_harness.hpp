// Calls routes without HTTP: the way through the router that matters to a handler, and nothing of a dialect's envelope.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/http_status.hpp"
#include "stoa/json.hpp"
#include "stoa/routes.hpp"
#include "stoa/time.hpp"
#include "testing/fake_host.hpp"

namespace stoa::testing {

/// Somebody signed in, with a role.
caller signed_in(user_id who, role as = role::student);

/// What is asked beside method and path.
struct asking {
  caller who = {};
  std::string body = {};                                          ///< JSON, unless a header says otherwise
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< names in lower case
};

struct route_answer {
  int status = 0;
  json body;                     ///< null where the answer is no JSON
  std::string text;              ///< the body as it is
  std::optional<fault> refusal;  ///< where it was refused: what the dialect would put into its envelope
};

/// Over the routes that a plugin declared with a fake_host.
class route_harness {
 public:
  explicit route_harness(fake_host& host) : host_(host) {}

  /// `call(dialect("..."), verb::get, "/badges/?page=2", {.who = signed_in(ada)})`: finds the route of the path,
  /// checks who may call it, reads path parameters and query, runs the handler to its end. 404 without a `refusal`
  /// where no route has that path, 405 where one has it with another method. Rate limits and deadlines do not exist
  /// here.
  route_answer call(const dialect& d, verb v, std::string_view path, asking a = {});

 private:
  fake_host& host_;
};

}  // namespace stoa::testing
