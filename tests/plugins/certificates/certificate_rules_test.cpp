#include "plugins/certificates/certificate_rules.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace stoa;
using namespace stoa_plugin::certificates;

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:00Z");

course one_lesson() {
  course c;
  c.id = course_id::make();
  c.title = "Python Basics";
  c.instructor.first_name = "Grace";
  c.instructor.last_name = "Hopper";
  lesson l;
  l.id = lesson_id::make();
  section s;
  s.lessons.push_back(l);
  c.sections.push_back(s);
  return c;
}

enrollment enrolled_in(const course& c) {
  enrollment e;
  e.id = enrollment_id::make();
  e.course = c.id;
  return e;
}

account person(const std::string& first, const std::string& last) {
  account a;
  a.id = user_id::make();
  a.first_name = first;
  a.last_name = last;
  return a;
}

std::string outcome(const result<certificate>& r) { return r ? "drawn up" : r.refusal().code; }

}  // namespace

TEST_CASE("a certificate is drawn up for who completed the course", "[certificates]") {
  auto c = one_lesson();
  auto e = enrolled_in(c);
  const auto who = person("John", "Doe");
  CHECK(outcome(drawn_up(e, c, who, now)) == "COURSE_NOT_COMPLETED");
  e.lessons[c.sections[0].lessons[0].id].completed_at = now;
  CHECK(outcome(drawn_up(e, c, who, now)) == "drawn up");
  e.completed_at = now - days{3};
  const auto made = drawn_up(e, c, who, now);
  REQUIRE(made);
  CHECK(made->student_name == "John Doe");
  CHECK(made->course_title == "Python Basics");
  CHECK(made->instructor_name == "Grace Hopper");
  CHECK(made->completed_at == now - days{3});
  CHECK(made->issued_at == now);
  CHECK_FALSE(made->revoked());

  // Who has completed it once has it, also when it has grown since.
  c.sections[0].lessons.emplace_back().id = lesson_id::make();
  CHECK(outcome(drawn_up(e, c, who, now)) == "drawn up");
  e.completed_at.reset();
  CHECK(outcome(drawn_up(e, c, who, now)) == "COURSE_NOT_COMPLETED");
}

TEST_CASE("no certificate where the course has none, or nobody to name", "[certificates]") {
  auto c = one_lesson();
  auto e = enrolled_in(c);
  e.completed_at = now;
  auto nameless = person("", " ");
  CHECK(outcome(drawn_up(e, c, nameless, now)) == "NAME_MISSING");
  nameless.username = "jdoe";
  CHECK(drawn_up(e, c, nameless, now)->student_name == "jdoe");
  c.certificate_included = false;
  CHECK(outcome(drawn_up(e, c, person("John", "Doe"), now)) == "CERTIFICATE_NOT_OFFERED");
}

TEST_CASE("numbers name the year in UTC", "[certificates]") {
  CHECK(number_of(2026, 1) == "CERT-2026-000001");
  CHECK(number_of(2026, 999'999) == "CERT-2026-999999");
  CHECK(number_of(2026, 1'000'000) == "CERT-2026-1000000");
  CHECK(year_of(*parse_rfc3339("2025-12-31T23:59:59Z")) == 2025);
  CHECK(year_of(*parse_rfc3339("2026-01-01T00:30:00+01:00")) == 2025);
  CHECK(year_of(*parse_rfc3339("2026-01-01T00:00:00Z")) == 2026);
}

TEST_CASE("codes are random, and found as people type them", "[certificates]") {
  std::set<std::string> all;
  for (int i = 0; i < 200; ++i) all.insert(new_code());
  CHECK(all.size() == 200);
  const auto code = new_code();
  CHECK(code.size() == 25);
  const auto printed = grouped(code);
  CHECK(printed.size() == 29);
  CHECK(printed[5] == '-');
  CHECK(code_typed(printed) == code);
  CHECK(code_typed(code) == code);
  CHECK(verification_path(code) == "/certificates/verify/" + printed);
  CHECK(code_typed("O1lI0-ABCDE-fghjk-mnpqr-stvwx") == "01110abcdefghjkmnpqrstvwx");
  for (const char* bad :
       {"", "-", "01234", "01110abcdefghjkmnpqrstvwu", "01110abcdefghjkmnpqrstvwxyz", "../../etc/passwd"})
    CHECK(code_typed(bad).empty());
  CHECK(code_typed(std::string(100'000, '-')).empty());
}

TEST_CASE("a certificate is its owner's and administrators'", "[certificates]") {
  certificate c;
  c.user = user_id::make();
  caller who;
  who.user = c.user;
  CHECK_FALSE(may_see(c, who));
  who.signed_in = true;
  CHECK(may_see(c, who));
  who.user = user_id::make();
  CHECK_FALSE(may_see(c, who));
  who.roles.add(role::instructor);
  CHECK_FALSE(may_see(c, who));
  who.roles.add(role::admin);
  CHECK(may_see(c, who));

  CHECK(must_count(c));
  c.revoked_at = now;
  CHECK(must_count(c).refusal().code == "CERTIFICATE_REVOKED");
}

TEST_CASE("browsers get a page, clients get JSON", "[certificates]") {
  CHECK(prefers_page("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"));
  CHECK(prefers_page("TEXT/HTML"));
  CHECK(prefers_page("application/json;q=0.5, text/html"));
  CHECK_FALSE(prefers_page(""));
  CHECK_FALSE(prefers_page("*/*"));
  CHECK_FALSE(prefers_page("application/json"));
  CHECK_FALSE(prefers_page("application/json, text/html;q=0.9"));
  CHECK_FALSE(prefers_page("application/json, text/html"));
  CHECK_FALSE(prefers_page("text/html;q=0"));
  CHECK(prefers_page("text/html;q=x"));
}
