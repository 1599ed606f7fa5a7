#include "tests/api/learnflow/learnflow.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <sstream>

#include "stoa/crypto.hpp"
#include "stoa/ids.hpp"
#include "stoa/text.hpp"
#include "stoa/time.hpp"

namespace stoa::testing {
namespace {

bool fits(const json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "text") return value.is_string() && !value.text().empty();
  if (type == "integer") return value.is_number() && value.text().find_first_of(".eE") == std::string::npos;
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "null") return value.is_null();
  if (type == "uuid") return value.is_string() && value.text().size() == 36 && uuid::parse(value.text());
  if (type == "time") return value.is_string() && value.text().ends_with('Z') && parse_rfc3339(value.text());
  if (type == "date") return value.is_string() && value.text().size() == 10 && parse_iso_date(value.text());
  if (type == "url") return value.is_string() && looks_like_http_url(value.text());
  throw std::logic_error("no such type in a shape: " + std::string(type));
}

bool fits_any(const json& value, std::string_view types) {
  while (!types.empty()) {
    const auto bar = types.find('|');
    if (fits(value, types.substr(0, bar))) return true;
    types = bar == types.npos ? std::string_view{} : types.substr(bar + 1);
  }
  return false;
}

void follow(const json& here, std::string_view rest, const std::string& type, const std::string& where,
            std::vector<std::string>& wrong) {
  if (rest.empty()) {
    if (!fits_any(here, type)) wrong.push_back(where + ": no " + type + " but " + here.dump().substr(0, 80));
    return;
  }
  const auto dot = rest.find('.');
  const auto one = rest.substr(0, dot);
  rest = dot == rest.npos ? std::string_view{} : rest.substr(dot + 1);
  const std::string there = where.empty() ? std::string(one) : where + "." + std::string(one);
  if (one == "*") {
    if (!here.is_array()) return wrong.push_back(where + ": no list");
    if (here.items().empty()) return wrong.push_back(where + ": an empty list");
    for (const auto& item : here.items()) follow(item, rest, type, there, wrong);
  } else if (const auto* next = find_at(here, one)) {
    follow(*next, rest, type, there, wrong);
  } else {
    wrong.push_back(there + ": missing");
  }
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// HMAC as RFC 2104 writes it down.
std::string hmac_hex(std::string key, const std::string& text) {
  const auto raw = [](const digest_256& d) { return std::string(d.begin(), d.end()); };
  if (key.size() > 64) key = raw(sha256(key));
  key.resize(64, '\0');
  std::string inner = key, outer = key;
  for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
  for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
  return hex(sha256(outer + raw(sha256(inner + text))));
}

}  // namespace

shape below(const std::string& prefix, const shape& more) {
  shape out;
  for (const auto& [path, type] : more) out.emplace_back(prefix + "." + path, type);
  return out;
}

shape operator+(shape a, const shape& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<std::string> misfits(const json& document, const shape& wanted) {
  std::vector<std::string> wrong;
  for (const auto& [path, type] : wanted) follow(document, path, type, "", wrong);
  return wrong;
}

std::string not_refused(const response& answer, int status, const std::string& code) {
  const std::string shown = answer.asked + " -> " + std::to_string(answer.status) + " " + answer.body;
  if (answer.status != status) return "expected " + std::to_string(status) + " " + code + ": " + shown;
  const auto wrong =
      misfits(answer.document(), {{"error.code", "text"}, {"error.message", "text"}, {"error.status", "integer"}});
  if (!wrong.empty()) return wrong.front() + ": " + shown;
  if (answer.integer("error.status") != status) return "another status in the envelope: " + shown;
  if (answer.text("error.code") != code) return "expected the code " + code + ": " + shown;
  if (!answer.header("x-request-id")) return "no X-Request-ID: " + shown;
  return "";
}

namespace {
server* other_server = nullptr;
std::map<const server*, person> teachers;
}  // namespace

at_server::at_server(server& s) : before_(std::exchange(other_server, &s)) {}
at_server::~at_server() {
  teachers.erase(other_server);
  other_server = before_;
}
server& server_in_use() { return other_server ? *other_server : shared_server(); }

client learnflow() { return server_in_use().client().below("/learnflow/api/v1"); }
client learnflow(const person& who) { return learnflow().as(who.access); }

const person& teacher() {
  const auto found = teachers.find(&server_in_use());
  if (found != teachers.end()) return found->second;
  const auto fresh = [] {
    auto p = fresh_instructor(server_in_use());
    REQUIRE_STATUS(
        learnflow(p).patch("/auth/me/", object({{"first_name", "Angela"},
                                                {"last_name", "Yu"},
                                                {"bio", "Ten years of teaching"},
                                                {"profile_picture", "https://images.example.com/angela.jpg"}})),
        200);
    return p;
  };
  return teachers.emplace(&server_in_use(), fresh()).first->second;
}

std::string unique(const std::string& front) {
  static std::atomic<int> made{0};
  return front + " " + std::to_string(::getpid()) + "x" + std::to_string(++made);
}

std::string course_body(const course_plan& plan) {
  const auto price_of = [](const std::string& text) { return text.empty() ? field(nullptr) : field::raw(text); };
  return object({{"title", plan.title},
                 {"short_description", "From zero to a first page"},
                 {"description", "All that a beginner needs, step by step."},
                 {"category", plan.category},
                 {"level", plan.level},
                 {"language", plan.language},
                 {"price", field::raw(plan.price)},
                 {"original_price", price_of(plan.original_price)},
                 {"thumbnail", "https://images.example.com/course.jpg"},
                 {"preview_video_url", "https://player.example.com/preview"},
                 {"certificate_included", true},
                 {"outcomes", std::vector<std::string>{"Build a page", "Publish it"}},
                 {"requirements", std::vector<std::string>{"A computer"}}});
}

built_course build_course(const person& by, course_plan plan) {
  if (plan.title.empty()) plan.title = unique("Course");
  const auto me = learnflow(by);
  const auto made = me.post("/courses/", course_body(plan));
  REQUIRE_STATUS(made, 201);
  built_course out{made.text("id"), plan.title, made.text("slug"), {}, {}};
  for (int s = 1; s <= plan.sections; ++s) {
    const auto section =
        me.post("/courses/" + out.id + "/sections/",
                object({{"title", "Section " + std::to_string(s)}, {"description", "What it is about"}}));
    REQUIRE_STATUS(section, 201);
    out.sections.push_back(section.text("id"));
    for (int l = 1; l <= plan.lessons; ++l) {
      const auto lesson =
          me.post("/sections/" + out.sections.back() + "/lessons/",
                  object({{"title", "Lesson " + std::to_string(s) + "." + std::to_string(l)},
                          {"description", "What it shows"},
                          {"duration_minutes", plan.minutes},
                          {"is_preview", s == 1 && l == 1},
                          {"video_url", "https://player.example.com/" + std::to_string(s) + "-" + std::to_string(l)},
                          {"resources", std::vector<std::string>{"https://files.example.com/handout.pdf"}}}));
      REQUIRE_STATUS(lesson, 201);
      out.lessons.push_back(lesson.text("id"));
    }
  }
  if (plan.published) {
    const auto published = me.post("/courses/" + out.id + "/publish/");
    REQUIRE_STATUS(published, 200);
  }
  return out;
}

built_course paid_course(const std::string& price, const std::string& original) {
  course_plan plan;
  plan.price = price;
  plan.original_price = original;
  return build_course(teacher(), plan);
}

built_course free_course(int lessons) {
  course_plan plan;
  plan.price = "0";
  plan.original_price = "";
  plan.lessons = lessons;
  return build_course(teacher(), plan);
}

std::string enroll(const person& who, const built_course& in) {
  const auto entered = learnflow(who).post("/courses/" + in.id + "/enroll/");
  REQUIRE_STATUS(entered, 201);
  return entered.text("id");
}

std::string billing() {
  return object({{"first_name", "John"},
                 {"last_name", "Doe"},
                 {"email", "john@example.com"},
                 {"address_line1", "123 Main Street"},
                 {"address_line2", "Apt 4B"},
                 {"city", "San Francisco"},
                 {"state", "CA"},
                 {"postal_code", "94105"},
                 {"country", "US"},
                 {"phone", "+1 (555) 123-4567"}});
}

response order(const person& who, const std::vector<built_course>& what) {
  for (const auto& course : what)
    REQUIRE_STATUS(learnflow(who).post("/cart/items/", object({{"course_id", course.id}})), 201);
  const auto made =
      learnflow(who).post("/orders/create-from-cart/", object({{"billing_address", field::raw(billing())}}));
  REQUIRE_STATUS(made, 201);
  return made;
}

intent intent_for(const person& who, const std::string& order_id) {
  const auto made = learnflow(who).post("/payments/create-payment-intent/", object({{"order_id", order_id}}));
  REQUIRE_STATUS(made, 201);
  const auto secret = made.text("client_secret");
  return {secret.substr(0, secret.find("_secret_")), secret};
}

response confirm(const person& who, const std::string& order_id, const std::string& intent_or_secret,
                 const std::string& method) {
  const auto body =
      method.empty()
          ? object({{"order_id", order_id}, {"payment_intent_id", intent_or_secret}})
          : object({{"order_id", order_id}, {"payment_intent_id", intent_or_secret}, {"payment_method", method}});
  return learnflow(who).post("/payments/confirm-payment/", body);
}

std::string buy(const person& who, const std::vector<built_course>& what) {
  const auto id = order(who, what).text("id");
  const auto paid = confirm(who, id, intent_for(who, id).id);
  REQUIRE_STATUS(paid, 200);
  return id;
}

std::string stripe_signature(const std::string& body, std::chrono::seconds age, const std::string& secret) {
  const auto at = std::chrono::system_clock::now() - age;
  const auto t = std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  return "t=" + t + ",v1=" + hmac_hex(secret, t + "." + body);
}

std::string stripe_event(const std::string& event_id, const std::string& type, const intent& of,
                         const std::string& order_id, std::int64_t minor) {
  const bool paid = type == "payment_intent.succeeded";
  const auto object_of_event = object({{"id", of.id},
                                       {"object", "payment_intent"},
                                       {"amount", static_cast<int>(minor)},
                                       {"amount_received", paid ? static_cast<int>(minor) : 0},
                                       {"currency", "usd"},
                                       {"client_secret", of.secret},
                                       {"status", paid ? "succeeded" : "requires_payment_method"},
                                       {"metadata", field::raw(object({{"order_id", order_id}}))}});
  return object({{"id", event_id},
                 {"object", "event"},
                 {"type", type},
                 {"created", 1769529900},
                 {"data", field::raw(object({{"object", field::raw(object_of_event)}}))}});
}

std::string intent_status(const intent& of) {
  return sql(server_in_use(), "select status from plugin_payments.sandbox_intent where id = '" + of.id + "'");
}

response send_event(const std::string& body, const std::string& signature, const std::string& door) {
  auto to = server_in_use().client().below(door);
  if (!signature.empty()) to = to.with("Stripe-Signature", signature);
  return to.post("/payments/webhooks/stripe/", body);
}

std::string sql(const server& of, const std::string& statement) {
  // Rows that belong to people answer only to who acts: here it is the house itself.
  const std::string command = "PGOPTIONS='-c stoa.acting=system' psql -X -q -A -t -v ON_ERROR_STOP=1 -d " +
                              shell_quoted(of.database()) + " -c " + shell_quoted(statement) + " 2>&1";
  FILE* out = ::popen(command.c_str(), "r");
  if (!out) throw std::runtime_error("psql cannot be started");
  std::string text;
  std::array<char, 4096> some;
  while (const auto n = std::fread(some.data(), 1, some.size(), out)) text.append(some.data(), n);
  if (::pclose(out) != 0) throw std::runtime_error("psql refused " + statement + ": " + text);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace stoa::testing
