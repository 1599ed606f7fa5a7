// The certificates plugin on a real database.
#include <algorithm>
#include <future>
#include <set>

#include "stoa/areas/certificates.hpp"
#include "tests/plugins/support/plugin_bench.hpp"

extern "C" const stoa::plugin_entry* stoa_certificates_entry();

using namespace stoa;
using namespace stoa::testing;
using Catch::Matchers::Contains;

namespace {

const dialect lms("lms");

struct certificates_bench : plugin_bench {
  explicit certificates_bench(const written& settings = {})
      : plugin_bench(*stoa_certificates_entry(), no_calls, settings) {}

  /// Somebody who is enrolled in a course, and has completed it where that is said.
  struct learner_of {
    user_id who;
    course_ptr course;
    enrollment_id enrollment;
  };
  learner_of learner(const std::string& title, bool completed = true) {
    learner_of out;
    out.who = user_id::make();
    host.people.add(out.who, "John", "Doe");
    out.course = courses.add(user_id::make(), title);
    enter(out, completed);
    return out;
  }
  void enter(learner_of& l, bool completed = true) {
    learners.enter(l.who, l.course->id);
    if (completed) learners.finish(l.who, *l.course, time.now());
    l.enrollment = learners.peek(l.who)->find(l.course->id)->id;
  }

  result<reply> generate(user_id who, const std::string& enrollment) {
    return call(lms, verb::post, "/certificates/generate", signed_in(who),
                R"({"enrollment_id":")" + enrollment + "\"}");
  }
  json issued(const learner_of& l) { return body_of(generate(l.who, l.enrollment.str())); }
  result<reply> at(const std::string& what, const caller& who, const std::string& id, parameters query = {}) {
    return call(lms, verb::get, "/certificates/{certificate_id}" + what, who, "", {{"certificate_id", id}}, query);
  }
  result<reply> revoke(const std::string& id, const std::string& reason = "Given by mistake.") {
    return call(lms, verb::post, "/certificates/{certificate_id}/revoke", signed_in(user_id::make(), {role::admin}),
                R"({"reason":")" + reason + "\"}", {{"certificate_id", id}});
  }
  result<reply> verify(const std::string& code, const std::string& accept = "application/json") {
    request q;
    q.now = time.now();
    q.headers.emplace_back("accept", accept);
    q.path_params.emplace_back("code", code);
    return wait_for<reply>(host.find(lms, verb::get, "/certificates/verify/{code}").run(q));
  }
  /// What the link behind a download gives, asked for at that moment.
  result<reply> follow(const result<reply>& redirect, const std::string& id) {
    if (!redirect) return redirect.refusal();
    const auto& headers = redirect.value().headers;
    const auto to = std::find_if(headers.begin(), headers.end(), [](const auto& h) { return h.first == "Location"; });
    REQUIRE(to != headers.end());
    REQUIRE(to->second.starts_with("http://stoa.test/api/certificates/" + id + "/file?"));
    parameters query;
    const auto text = to->second.substr(to->second.find('?') + 1);
    for (const auto& part : {text.substr(0, text.find('&')), text.substr(text.find('&') + 1)})
      query.emplace_back(part.substr(0, part.find('=')), part.substr(part.find('=') + 1));
    return at("/file", caller{}, id, query);
  }
  held_certificates_ptr held(user_id who) {
    return wait_for<held_certificates_ptr>(host.areas.find<stoa::certificates>()->of(who)).value();
  }
  std::string numbers() {
    return one(
        "select coalesce(string_agg(right(number, 6)::int::text, ',' order by number), '') "
        "from plugin_certificates.certificate");
  }

  no_http no_calls;
};

std::string status_in(const json& j) { return j.find("status")->text(); }

}  // namespace

TEST_CASE("a completed enrolment has one certificate, however often it is asked for", "[certificates]") {
  certificates_bench b;
  const auto l = b.learner("Python Basics");
  const auto first = b.issued(l);
  CHECK(b.text(first, "certificate_number") == "CERT-2026-000001");
  CHECK(b.text(first, "enrollment_id") == l.enrollment.str());
  CHECK(b.text(first, "course_title") == "Python Basics");
  CHECK(b.text(first, "student_name") == "John Doe");
  CHECK(b.text(first, "issued_at") == "2026-01-27T16:05:00Z");
  CHECK(status_in(first) == "valid");
  CHECK(first.find("revoked_at")->is_null());
  CHECK_THAT(b.text(first, "verification_url"), Contains("http://stoa.test/api/certificates/verify/"));

  b.time.advance(hours{1});
  b.host.people.add(l.who, "Johnny", "Doe");
  const auto again = b.issued(l);
  CHECK(b.text(again, "id") == b.text(first, "id"));
  CHECK(b.text(again, "student_name") == "John Doe");
  CHECK(b.one("select count(*) from outbox where kind = 'certificate.issued'") == "1");
  CHECK(b.one("select user_id from outbox where kind = 'certificate.issued'") == l.who.str());
  CHECK(b.one("select payload->>'certificate_number' from outbox where kind = 'certificate.issued'") ==
        "CERT-2026-000001");
}

TEST_CASE("no certificate for what is not completed, nor for another's enrolment", "[certificates]") {
  certificates_bench b;
  const auto begun = b.learner("Begun", false), other = b.learner("Other");
  CHECK(b.refusal(b.generate(begun.who, begun.enrollment.str())) == "COURSE_NOT_COMPLETED");
  CHECK(b.refusal(b.generate(begun.who, other.enrollment.str())) == "ENROLLMENT_NOT_FOUND");
  CHECK(b.refusal(b.generate(begun.who, enrollment_id::make().str())) == "ENROLLMENT_NOT_FOUND");
  CHECK(b.refusal(b.generate(begun.who, "none")) == "ENROLLMENT_NOT_FOUND");
  CHECK(b.bad_fields(b.generate(begun.who, "")) == "enrollment_id");
  auto plain = *other.course;
  plain.certificate_included = false;
  b.courses.put(plain);
  CHECK(b.refusal(b.generate(other.who, other.enrollment.str())) == "CERTIFICATE_NOT_OFFERED");
  CHECK(b.one("select count(*) from plugin_certificates.certificate") == "0");
  // What was refused took no number.
  CHECK(b.text(b.issued(b.learner("First")), "certificate_number") == "CERT-2026-000001");
}

TEST_CASE("numbers follow one another without gaps, of twenty at once and of each year", "[certificates]") {
  certificates_bench b;
  std::vector<certificates_bench::learner_of> all;
  for (int i = 0; i < 20; ++i) all.push_back(b.learner("Course " + std::to_string(i)));
  std::vector<std::future<std::string>> asked;
  for (const auto& l : all)
    for (int twice = 0; twice < 2; ++twice)
      asked.push_back(std::async(std::launch::async, [&b, &l] {
        const auto r = b.generate(l.who, l.enrollment.str());
        return r ? json::parse(r.value().body_text()).value().find("certificate_number")->text() : r.refusal().code;
      }));
  std::multiset<std::string> told;
  for (auto& a : asked) told.insert(a.get());
  for (int n = 1; n <= 20; ++n) {
    const auto digits = std::to_string(n);
    CHECK(told.count("CERT-2026-" + std::string(6 - digits.size(), '0') + digits) == 2);
  }
  CHECK(b.numbers() == "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20");

  b.time.advance(days{365});
  CHECK(b.text(b.issued(b.learner("Next year")), "certificate_number") == "CERT-2027-000001");
  CHECK(b.text(b.issued(b.learner("Next year too")), "certificate_number") == "CERT-2027-000002");
}

TEST_CASE("a certificate is shown to its owner and to administrators", "[certificates]") {
  certificates_bench b;
  const auto l = b.learner("Python Basics");
  const auto id = b.text(b.issued(l), "id");
  const auto owner = b.signed_in(l.who), stranger = b.signed_in(user_id::make(), {role::instructor}),
             admin = b.signed_in(user_id::make(), {role::admin});
  for (const auto* what : {"", "/download"}) {
    CHECK(b.at(what, owner, id));
    CHECK(b.at(what, admin, id));
    CHECK(b.refusal(b.at(what, stranger, id)) == "CERTIFICATE_NOT_FOUND");
    CHECK(b.refusal(b.at(what, owner, certificate_id::make().str())) == "CERTIFICATE_NOT_FOUND");
    CHECK(b.refusal(b.at(what, owner, "nothing")) == "CERTIFICATE_NOT_FOUND");
  }
  CHECK(b.one("select count(*) from plugin_certificates.certificate", acts_as(l.who)) == "1");
  CHECK(b.one("select count(*) from plugin_certificates.certificate", acts_as(stranger.user)) == "0");
}

TEST_CASE("a download leads to the PDF for some minutes", "[certificates]") {
  certificates_bench b(plugin_bench::written{{"download_for", "2m"}});
  const auto l = b.learner("Python Basics"), other = b.learner("Other");
  const auto id = b.text(b.issued(l), "id"), others = b.text(b.issued(other), "id");
  const auto redirect = b.at("/download", b.signed_in(l.who), id);
  REQUIRE(redirect);
  CHECK(redirect.value().status == 302);
  const auto file = b.follow(redirect, id);
  REQUIRE(file);
  CHECK(file.value().content_type == "application/pdf");
  CHECK(file.value().body_text().starts_with("%PDF"));
  const auto& headers = file.value().headers;
  CHECK(std::any_of(headers.begin(), headers.end(), [](const auto& h) {
    return h.first == "Content-Disposition" && h.second == "attachment; filename=\"CERT-2026-000001.pdf\"";
  }));

  CHECK(b.refusal(b.at("/file", b.signed_in(l.who), id)) == "LINK_INVALID");
  const auto theirs = b.at("/download", b.signed_in(other.who), others);
  auto moved = theirs;
  for (auto& h : moved.value().headers)
    if (h.first == "Location") h.second.replace(h.second.find(others), others.size(), id);
  CHECK(b.refusal(b.follow(moved, id)) == "LINK_INVALID");
  b.time.advance(minutes{2});
  CHECK(b.refusal(b.follow(redirect, id)) == "LINK_EXPIRED");
  CHECK(b.refusal(b.follow(theirs, others)) == "LINK_EXPIRED");
  CHECK(b.follow(b.at("/download", b.signed_in(l.who), id), id));
}

TEST_CASE("one's own certificates, newest first and by pages", "[certificates]") {
  certificates_bench b;
  auto l = b.learner("First");
  b.issued(l);
  for (const char* title : {"Second", "Third"}) {
    b.time.advance(hours{1});
    l.course = b.courses.add(user_id::make(), title);
    b.enter(l);
    b.issued(l);
  }
  b.issued(b.learner("Another's"));
  const auto list = [&](const std::string& page, const std::string& size) {
    return b.body_of(b.call(lms, verb::get, "/certificates/my-certificates", b.signed_in(l.who), "", {},
                            {{"page", page}, {"page_size", size}}));
  };
  std::string titles;
  const auto whole = list("1", "20"), second = list("2", "2"), past = list("9", "2");
  const auto items_of = [](const json& j) -> const std::vector<json>& {
    const auto* items = j.find("items") ? j.find("items") : j.find("results");
    return items->items();
  };
  for (const auto& c : items_of(whole)) titles += b.text(c, "course_title") + " ";
  CHECK(titles == "Third Second First ");
  REQUIRE(items_of(second).size() == 1);
  CHECK(b.text(items_of(second)[0], "course_title") == "First");
  CHECK(items_of(past).empty());
}

TEST_CASE("anybody verifies a certificate by its code, on a page or as JSON", "[certificates]") {
  certificates_bench b;
  const auto l = b.learner("<b>Python</b> & more");
  const auto made = b.issued(l);
  const auto code = b.text(made, "verification_code");
  const auto told = b.body_of(b.verify(code));
  CHECK(told.find("valid")->as_boolean());
  CHECK(status_in(told) == "valid");
  CHECK(b.text(told, "student_name") == "John Doe");
  CHECK(b.text(told, "certificate_number") == b.text(made, "certificate_number"));
  CHECK_FALSE(told.find("id"));
  CHECK_FALSE(told.find("enrollment_id"));

  std::string typed = code;
  std::erase(typed, '-');
  for (char& c : typed) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  CHECK(b.verify(typed));

  const auto page = b.verify(code, "text/html,*/*;q=0.8");
  REQUIRE(page);
  CHECK(page.value().content_type == "text/html; charset=utf-8");
  const auto html = page.value().body_text();
  CHECK_THAT(html, Contains("This certificate is valid"));
  CHECK_THAT(html, Contains("&lt;b&gt;Python&lt;/b&gt; &amp; more"));
  CHECK(html.find("<b>Python") == html.npos);

  for (const std::string unknown : {"01234-56789-abcde-fghjk-mnpqr", "x", "%00", "' or 1=1"}) {
    CHECK(b.refusal(b.verify(unknown)) == "CERTIFICATE_NOT_FOUND");
    const auto shown = b.verify(unknown, "text/html");
    REQUIRE(shown);
    CHECK(shown.value().status == 404);
    CHECK_THAT(shown.value().body_text(), Contains("No such certificate"));
  }
}

TEST_CASE("a revoked certificate is seen to be revoked, everywhere", "[certificates]") {
  certificates_bench b;
  const auto l = b.learner("Python Basics");
  const auto made = b.issued(l);
  const auto id = b.text(made, "id");
  const auto open = b.at("/download", b.signed_in(l.who), id);
  CHECK(b.held(l.who)->all.size() == 1);
  CHECK(b.refusal(b.revoke(certificate_id::make().str())) == "CERTIFICATE_NOT_FOUND");
  CHECK(b.bad_fields(b.revoke(id, "")) == "reason");
  CHECK(b.bad_fields(b.revoke(id, std::string(501, 'x'))) == "reason");

  b.time.advance(hours{1});
  const auto revoked = b.body_of(b.revoke(id));
  CHECK(status_in(revoked) == "revoked");
  CHECK(b.text(revoked, "revoked_at") == "2026-01-27T17:05:00Z");
  CHECK(b.text(revoked, "revocation_reason") == "Given by mistake.");
  // The first word stands.
  b.time.advance(hours{1});
  const auto again = b.body_of(b.revoke(id, "Another reason."));
  CHECK(b.text(again, "revocation_reason") == "Given by mistake.");
  CHECK(b.one("select count(*) from outbox where kind = 'certificate.revoked'") == "1");
  CHECK(b.one("select user_id from outbox where kind = 'certificate.revoked'") == l.who.str());

  CHECK(b.held(l.who)->all.empty());
  CHECK(status_in(b.body_of(b.at("", b.signed_in(l.who), id))) == "revoked");
  CHECK(b.refusal(b.generate(l.who, l.enrollment.str())) == "CERTIFICATE_REVOKED");
  CHECK(b.refusal(b.at("/download", b.signed_in(l.who), id)) == "CERTIFICATE_REVOKED");
  const auto told = b.body_of(b.verify(b.text(made, "verification_code")));
  CHECK_FALSE(told.find("valid")->as_boolean());
  CHECK(status_in(told) == "revoked");
  // The reason is between the school and the learner.
  CHECK_FALSE(told.find("revocation_reason"));
  CHECK_THAT(b.verify(b.text(made, "verification_code"), "text/html").value().body_text(),
             Contains("This certificate was revoked"));
  // A link from before opens nothing any more.
  b.time.set(*parse_rfc3339("2026-01-27T16:06:00Z"));
  CHECK(b.refusal(b.follow(open, id)) == "CERTIFICATE_REVOKED");
}

TEST_CASE("learnflow's learners ask for theirs beside the enrolment", "[certificates]") {
  certificates_bench b;
  const auto l = b.learner("Python Basics"), begun = b.learner("Begun", false);
  const auto ask = [&](user_id who, const std::string& enrollment) {
    return b.call(dialect("learnflow"), verb::post, "/enrollments/{enrollment_id}/certificate/", b.signed_in(who), "",
                  {{"enrollment_id", enrollment}});
  };
  const auto made = b.body_of(ask(l.who, l.enrollment.str()));
  CHECK(b.text(made, "id") == b.text(b.issued(l), "id"));
  CHECK(b.refusal(ask(begun.who, begun.enrollment.str())) == "COURSE_NOT_COMPLETED");
  CHECK(b.refusal(ask(begun.who, l.enrollment.str())) == "ENROLLMENT_NOT_FOUND");
  CHECK(b.refusal(ask(begun.who, "none")) == "ENROLLMENT_NOT_FOUND");
}

TEST_CASE("where the operator says so, completing a course is asking for its certificate", "[certificates]") {
  certificates_bench b(plugin_bench::written{{"issue", "on_completion"}});
  const auto l = b.learner("Python Basics"), begun = b.learner("Begun", false), plain = b.learner("Plain");
  auto without = *plain.course;
  without.certificate_included = false;
  b.courses.put(without);
  CHECK(b.held(l.who)->all.empty());
  std::vector<event> told;
  for (const auto* each : {&l, &begun, &plain, &l}) {
    course_completed fact;
    fact.course_id = each->course->id;
    fact.enrollment_id = each->enrollment;
    told.push_back(b.event_of(each->who, each->course->id.value, fact));
  }
  REQUIRE(b.host.awaiting.size() == 1);
  const auto& consumer = b.host.awaiting.front();
  auto write = wait_for<event_write>(consumer.prepare(told));
  REQUIRE(write);
  REQUIRE(wait_for<done>(b.host.database().in_transaction(acts_as_system(), std::move(write).value())));
  consumer.what.committed(told);
  CHECK(b.numbers() == "1");
  CHECK(b.held(l.who)->find(l.enrollment));
  CHECK(b.text(b.issued(l), "certificate_number") == "CERT-2026-000001");
  CHECK(b.held(begun.who)->all.empty());
  CHECK(b.held(plain.who)->all.empty());
}

TEST_CASE("what somebody holds is kept in memory until it changes", "[certificates]") {
  certificates_bench b;
  const auto l = b.learner("Python Basics");
  const auto none = b.held(l.who);
  CHECK(none->all.empty());
  CHECK(b.held(l.who) == none);
  const auto made = b.issued(l);
  const auto one = b.held(l.who);
  REQUIRE(one->all.size() == 1);
  CHECK(one->find(l.enrollment)->number == "CERT-2026-000001");
  CHECK(one->find(l.enrollment)->verification_path == "/certificates/verify/" + b.text(made, "verification_code"));
  CHECK_FALSE(one->find(enrollment_id::make()));
  CHECK(b.held(l.who) == one);

  // Another server's revocation is heard of by its event; this process has forgotten its own by then.
  b.one("update plugin_certificates.certificate set revoked_at = now() returning id");
  CHECK(b.held(l.who) == one);
  auto e = b.event_of(l.who, one->all[0].id.value, certificate_revoked{});
  for (const bool here : {true, false}) {
    e.here = here;
    for (const auto& o : b.host.observers)
      if (std::find(o.kinds.begin(), o.kinds.end(), e.kind) != o.kinds.end()) o.told(e);
    CHECK(b.held(l.who)->all.empty() != here);
  }
}
