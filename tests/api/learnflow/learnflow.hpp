// What learnflow's tests share: the documented shapes, people, whole courses, orders and the payment provider's voice.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

namespace stoa::testing {

// -- shapes
// ------------------------------------------------------------------------------------------------------------

/// Dotted paths and the types that must stand there. `*` is every element of a list, which must not be empty. Types:
/// string, text (a string that says something), integer, number, boolean, array, object, null, uuid, time, date, url;
/// `a|b` is either.
using shape = std::vector<std::pair<std::string, std::string>>;

/// `more` below `prefix`, as a part of a larger shape.
shape below(const std::string& prefix, const shape& more);
shape operator+(shape a, const shape& b);

/// What is missing or of another type.
std::vector<std::string> misfits(const json& document, const shape& wanted);

/// Whether that answer is learnflow's envelope with that status and code: what is wrong with it, or nothing.
std::string not_refused(const response& answer, int status, const std::string& code);

// -- where, who, and courses
// ------------------------------------------------------------------------------------------------

/// As long as it lives everything below talks to that server instead of the shared one.
class at_server {
 public:
  explicit at_server(server& s);
  ~at_server();
  at_server(const at_server&) = delete;
  at_server& operator=(const at_server&) = delete;

 private:
  server* before_;
};
server& server_in_use();

/// learnflow's own address, for nobody and for somebody.
client learnflow();
client learnflow(const person& who);

/// One instructor of each server for everything that needs just any; has a bio and a picture.
const person& teacher();

/// A word nobody else uses.
std::string unique(const std::string& front);

struct course_plan {
  std::string title = {};  ///< empty: a unique one
  std::string category = "Development";
  std::string level = "beginner";
  std::string language = "English";
  std::string price = "89.99";
  std::string original_price = "129.99";  ///< empty: none
  int sections = 1;
  int lessons = 2;  ///< in each section; the very first one is a preview
  int minutes = 30;
  bool published = true;
};

struct built_course {
  std::string id, title, slug;
  std::vector<std::string> sections, lessons;
};

/// Builds a course by the authoring endpoints.
built_course build_course(const person& by, course_plan plan);
built_course paid_course(const std::string& price = "89.99", const std::string& original = "129.99");
built_course free_course(int lessons = 2);

/// A course of any kind with the members of a body that makes it, for tests that vary one.
std::string course_body(const course_plan& plan);

// -- learning and buying
// -----------------------------------------------------------------------------------------------

/// Enters a free course; the enrolment's id.
std::string enroll(const person& who, const built_course& in);
/// Puts courses into the cart and orders them; the order as answered.
response order(const person& who, const std::vector<built_course>& what);
/// The documented billing address.
std::string billing();

struct intent {
  std::string id, secret;
};
intent intent_for(const person& who, const std::string& order_id);
response confirm(const person& who, const std::string& order_id, const std::string& intent_or_secret,
                 const std::string& method = "");
/// Orders, pays, and is enrolled; the order's id.
std::string buy(const person& who, const std::vector<built_course>& what);

// -- the payment provider
// ----------------------------------------------------------------------------------------------

/// `t=..,v1=..` over the body, made here and not by the server's code.
std::string stripe_signature(const std::string& body, std::chrono::seconds age = {},
                             const std::string& secret = "whsec_sandbox");
/// An event such as the provider sends.
std::string stripe_event(const std::string& event_id, const std::string& type, const intent& of,
                         const std::string& order_id, std::int64_t minor);
/// How an intent stands at the sandbox.
std::string intent_status(const intent& of);
response send_event(const std::string& body, const std::string& signature,
                    const std::string& door = "/unpuzzle/api/v1");

// -- behind the scenes
// -------------------------------------------------------------------------------------------------

/// What the server's database answers, columns divided by `|`, rows by line ends; for what no endpoint shows.
std::string sql(const server& of, const std::string& statement);

}  // namespace stoa::testing

/// The documented shape of an answer's body.
#define CHECK_SHAPE(answer, ...)                                                    \
  do {                                                                              \
    INFO((answer).asked << " -> " << (answer).status << " " << (answer).body);      \
    CHECK(misfits((answer).document(), __VA_ARGS__) == std::vector<std::string>{}); \
  } while (false)

/// A refusal in the documented envelope.
#define CHECK_REFUSED(answer, status, code) CHECK(not_refused(answer, status, code) == "")
