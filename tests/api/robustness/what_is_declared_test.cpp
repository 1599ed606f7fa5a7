// What OpenAPI declares and what is answered are the same: every answer that the tests of this run got is looked up.
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include "tests/api/learnflow/learnflow.hpp"
#include "tests/api/robustness/robustness.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

struct seen_answer {
  std::string server, method, path, body;
  int status = 0;
  bool operator<(const seen_answer& o) const {
    return std::tie(server, method, path, status) < std::tie(o.server, o.method, o.path, o.status);
  }
};

std::mutex seen_mutex;
std::set<seen_answer> seen;

/// From before the first test on.
const bool watching = [] {
  watch_answers([](const response& r) {
    const auto space = r.asked.find(' ');
    const auto host = r.asked.find("://");
    const auto path = host == std::string::npos ? host : r.asked.find('/', host + 3);
    if (path == std::string::npos) return;
    seen_answer one;
    one.server = r.asked.substr(space + 1, path - space - 1);
    one.method = r.asked.substr(0, space);
    one.path = r.asked.substr(path, r.asked.find_first_of("?#", path) - path);
    one.status = r.status;
    if (r.status >= 400 && r.body.size() < 20'000) one.body = r.body;
    const std::lock_guard lock{seen_mutex};
    if (seen.size() < 50'000) seen.insert(std::move(one));
  });
  return true;
}();

std::string lower(std::string text) {
  for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::vector<std::string> segments(const std::string& path) {
  std::vector<std::string> out;
  std::istringstream in(path);
  for (std::string one; std::getline(in, one, '/');)
    if (!one.empty()) out.push_back(one);
  return out;
}

/// A document of one dialect.
class declared {
 public:
  declared(const dialect_door& d, const json& doc) : prefix_(d.prefix), doc_(doc) {}

  /// The operation that answers there: the one with the most words of its own. Null where there is none.
  const json* operation(const std::string& method, const std::string& path) const {
    if (!path.starts_with(prefix_ + "/")) return nullptr;
    const auto asked = segments(path.substr(prefix_.size()));
    const json* found = nullptr;
    std::size_t best = 0;
    for (const auto& [pattern, operations] : doc_.find("paths")->members()) {
      const auto wanted = segments(pattern);
      if (wanted.size() != asked.size()) continue;
      std::size_t literal = 1;
      bool fits = true;
      for (std::size_t i = 0; i < wanted.size() && fits; ++i) {
        const bool parameter = wanted[i].starts_with('{');
        fits = parameter || wanted[i] == asked[i];
        literal += parameter ? 0 : 1;
      }
      if (!fits || literal <= best) continue;
      best = literal;
      found = operations.find(lower(method));
    }
    return found;
  }

  /// The schema of an answer of that status; null where the status is not declared.
  const json* answer(const json& operation, int status) const {
    const auto* one = operation.find("responses")->find(std::to_string(status));
    return one ? resolved(one) : nullptr;
  }

  bool fits(const json& value, const json& written) const {
    const auto& schema = *resolved(&written);
    if (const auto* any = schema.find("anyOf"))
      return std::any_of(any->items().begin(), any->items().end(), [&](const json& s) { return fits(value, s); });
    const auto* type = schema.find("type");
    if (!type) return true;
    if (type->text() == "array") {
      const auto* items = schema.find("items");
      return value.is_array() && std::all_of(value.items().begin(), value.items().end(),
                                             [&](const json& v) { return !items || fits(v, *items); });
    }
    if (type->text() != "object") return type->text() == name_of(value);
    if (!value.is_object()) return false;
    if (const auto* required = schema.find("required"))
      for (const auto& r : required->items())
        if (!value.find(r.text())) return false;
    for (const auto& [name, member] : value.members()) {
      const auto* properties = schema.find("properties");
      const auto* known = properties ? properties->find(name) : nullptr;
      if (!known) known = schema.find("additionalProperties");
      if (known && !fits(member, *known)) return false;
    }
    return true;
  }

 private:
  const json* resolved(const json* one) const {
    for (const auto* to = one->find("$ref"); to; to = one->find("$ref")) {
      one = &doc_;
      for (const auto& step : segments(to->text().substr(1))) one = one->find(step);
    }
    return one;
  }
  static std::string name_of(const json& v) {
    return v.is_null()      ? "null"
           : v.is_boolean() ? "boolean"
           : v.is_number()  ? "integer"
           : v.is_string()  ? "string"
                            : "other";
  }

  std::string prefix_;
  const json& doc_;
};

json document_of(const std::string& dialect) {
  json::limits wide;
  wide.depth = 100;
  wide.values = 1'000'000;
  return json::parse(shared_server().client().get("/" + dialect + "/openapi.json").body, wide).value();
}

/// How an error's body is declared.
const json* error_schema(const json& answer) {
  return find_at(answer, "content")->members().front().second.find("schema");
}

}  // namespace

TEST_CASE("openapi: what a shop answers by design is declared", "[surface][openapi]") {
  const auto doc = document_of("learnflow");
  const declared learnflow_doc({"learnflow", "/learnflow/api/v1"}, doc);
  const auto statuses = [&](const std::string& method, const std::string& path) {
    std::set<std::string> out;
    const auto* operation = learnflow_doc.operation(method, "/learnflow/api/v1" + path);
    REQUIRE(operation);
    for (const auto& [status, answer] : operation->find("responses")->members()) out.insert(status);
    return out;
  };
  const auto declares = [&](const std::string& method, const std::string& path, std::set<std::string> wanted) {
    const auto all = statuses(method, path);
    INFO(method << " " << path);
    for (const auto& status : wanted) CHECK(all.contains(status));
  };
  declares("POST", "/cart/items/", {"201", "400", "401", "404", "409", "413", "415", "422"});
  declares("POST", "/orders/create-from-cart/", {"200", "201", "400", "401", "409"});
  declares("POST", "/payments/create-payment-intent/", {"201", "400", "401", "404", "409", "422"});
  declares("POST", "/payments/confirm-payment/", {"200", "401", "402", "404", "409", "422"});
  declares("POST", "/courses/{id}/enroll/", {"201", "401", "402", "404", "409"});
  declares("POST", "/courses/{id}/reviews/", {"201", "403", "404", "409"});
  declares("POST", "/courses/", {"201", "401", "403", "409", "422"});
  declares("POST", "/auth/login/", {"200", "401", "415", "422", "429"});
  declares("POST", "/auth/register/", {"201", "409", "422"});
  declares("GET", "/receipts/{file}", {"200", "206", "304", "401", "404", "416"});

  const auto* receipt = learnflow_doc.operation("GET", "/learnflow/api/v1/receipts/x.pdf");
  CHECK(receipt->find("responses")->find("200")->find("content")->find("application/pdf"));
  const auto* webhook = learnflow_doc.operation("POST", "/learnflow/api/v1/payments/webhooks/stripe/");
  REQUIRE(webhook);
  CHECK(webhook->find("requestBody")->find("content")->find("application/json"));
  CHECK(webhook->find("responses")->find("400"));
  const auto* missing = learnflow_doc.answer(*receipt, 401);
  REQUIRE(missing);
  CHECK(learnflow_doc.fits(learnflow().get("/cart/").document(), *error_schema(*missing)));
  CHECK_FALSE(learnflow_doc.fits(*json::parse(R"({"error":"text"})"), *error_schema(*missing)));
}

TEST_CASE("openapi: every answer of this run is declared, with its body", "[surface][openapi]") {
  // Alone, this test asks for enough itself; after all others it judges what they got.
  const auto who = fresh_account();
  const auto course = paid_course();
  const auto shop = learnflow(who);
  for (int i = 0; i < 2; ++i) shop.post("/cart/items/", object({{"course_id", course.id}}));
  for (int i = 0; i < 2; ++i) shop.post("/orders/create-from-cart/", "{}");
  shop.post("/courses/" + course.id + "/enroll/");
  shop.post("/cart/items/", "{");
  shop.with("Content-Type", "text/plain").post("/cart/items/", "x");
  shop.post("/courses/", "{}");
  shop.get("/orders/nobody/");
  for (const auto& d : all_dialects()) shared_server().client().below(d.prefix).post("/auth/login", "{}");

  std::set<seen_answer> all;
  {
    const std::lock_guard lock{seen_mutex};
    all = seen;
  }
  REQUIRE(watching);
  std::size_t looked_up = 0;
  std::map<std::string, std::string> undeclared;
  for (const auto& d : all_dialects()) {
    const auto doc = document_of(d.name);
    const declared known(d, doc);
    for (const auto& a : all) {
      // Others have other settings.
      if (a.server != shared_server().client().base()) continue;
      const auto* operation = known.operation(a.method, a.path);
      if (!operation) continue;
      ++looked_up;
      const auto what = a.method + " " + operation->find("operationId")->text() + " -> " + std::to_string(a.status);
      const auto* answer = known.answer(*operation, a.status);
      const auto body = answer && !a.body.empty() ? json::parse(a.body) : result<json>(json());
      if (!answer)
        undeclared.emplace(d.name + ": " + what, a.body);
      else if (!a.body.empty() && (!body || !known.fits(*body, *error_schema(*answer))))
        undeclared.emplace(d.name + ": body of " + what, a.body);
    }
  }
  CHECK(looked_up >= 8);
  std::string shown;
  for (const auto& [what, body] : undeclared) shown += what + " " + body + "\n";
  CHECK(shown == "");
}
