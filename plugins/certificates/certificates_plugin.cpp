// The certificates plugin: settings, routes, and the answers' shapes.
#include <array>
#include <functional>
#include <memory>

#include "holdings.hpp"
#include "paper/paper.hpp"
#include "paper_certificate.hpp"
#include "register.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/plugin.hpp"
#include "stoa/signed_links.hpp"
#include "stoa/wire_url.hpp"
#include "verify_page.hpp"

namespace stoa_plugin::certificates {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

using limits = certificate_limits;

const std::array<setting, 2>& settings() {
  static const std::array<setting, 2> all{{
      {"issue",
       setting_type::text,
       "on_request",
       "When a certificate is issued: when its learner asks for it, or as soon as the course is completed",
       {"on_request", "on_completion"}},
      {"download_for", setting_type::duration, "5m", "How long the link that a download is redirected to is good", {}},
  }};
  return all;
}

/// What the links are signed for.
constexpr const char* to_download = "download";

struct generate_in {
  wire::text<1, 64> enrollment_id;
};
BOOST_DESCRIBE_STRUCT(generate_in, (), (enrollment_id))

struct revoke_in {
  wire::text<1, limits::reason> reason;
};
BOOST_DESCRIBE_STRUCT(revoke_in, (), (reason))

struct certificate_out {
  certificate_id id;
  stoa::enrollment_id enrollment_id;
  stoa::course_id course_id;
  std::string certificate_number;
  timestamp issued_at;
  std::string course_title;
  std::string student_name;
  std::string instructor_name;
  timestamp completed_at;
  std::string status;
  std::string verification_code;
  wire::shown_url verification_url;
  std::optional<timestamp> revoked_at;
  std::optional<std::string> revocation_reason;
};
BOOST_DESCRIBE_STRUCT(certificate_out, (),
                      (id, enrollment_id, course_id, certificate_number, issued_at, course_title, student_name,
                       instructor_name, completed_at, status, verification_code, verification_url, revoked_at,
                       revocation_reason))

using certificate_in_path = in_path<"certificate_id", certificate_id, unknown_certificate>;

/// A link to the file itself, below the dialect's place.
std::string file_path(certificate_id id) { return "/certificates/" + id.str() + "/file"; }

certificate_out to_wire(const certificate& c, const request& q) {
  const auto shown = verified_of(c);
  auto out = wire::same_named<certificate_out, "enrollment_id", "course_id", "certificate_number", "status",
                              "verification_code", "verification_url", "revocation_reason">(c);
  out.enrollment_id = c.enrollment;
  out.course_id = c.course;
  out.certificate_number = c.number;
  out.status = shown.status;
  out.verification_code = grouped(c.code);
  out.verification_url = q.base_url + verification_path(c.code);
  if (c.revoked()) out.revocation_reason = c.revoked_reason;
  return out;
}

class certificates_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    download_for_ = host.settings().duration("download_for");
    if (download_for_ < seconds{1}) throw settings_error("download_for: expected a second or more");
    links_ = std::make_unique<link_signer>(host.signing_keys("downloads"));
    holdings_ = std::make_shared<holdings>(host.database());
  }

  void wire(plugin_host& host) override {
    auto at = host.routes(dialect("lms")).area("certificates", *this);
    at.post("/certificates/generate",
            {.auth = auth::required,
             .status = 201,
             .summary = "The certificate of a completed enrolment; asked again, the same one",
             .refuses = {fault_kind::not_found, fault_kind::rejected, fault_kind::conflict}},
            &certificates_plugin::generate);
    at.get("/certificates/my-certificates", {.auth = auth::required, .summary = "One's own certificates, newest first"},
           &certificates_plugin::list);
    at.get("/certificates/{certificate_id}", {.auth = auth::required, .summary = "A certificate of one's own"},
           &certificates_plugin::show);
    at.get("/certificates/{certificate_id}/download",
           {.auth = auth::required,
            .status = 302,
            .summary = "Leads to its PDF, by a link that is good for some minutes",
            .refuses = {fault_kind::conflict}},
           &certificates_plugin::download);
    at.get("/certificates/{certificate_id}/file",
           {.summary = "The PDF, by such a link",
            .addition = true,
            .refuses = {fault_kind::forbidden, fault_kind::conflict},
            .produces = "application/pdf"},
           &certificates_plugin::file);
    at.post("/certificates/{certificate_id}/revoke",
            {.auth = auth::required,
             .summary = "Revoke a certificate: it does not count any more",
             .roles = {static_cast<unsigned>(role::admin)},
             .addition = true},
            &certificates_plugin::revoke_one);
    // Where a dialect knows enrolments and no certificates, they are asked for in its style.
    host.routes(dialect("learnflow"))
        .area("certificates", *this)
        .post("/enrollments/{enrollment_id}/certificate/",
              {.auth = auth::required,
               .status = 201,
               .summary = "The certificate of a completed enrolment; asked again, the same one",
               .addition = true,
               .refuses = {fault_kind::rejected, fault_kind::conflict}},
              &certificates_plugin::generate_for);
    // Wherever an address of one is shown, it leads into the same dialect.
    for (const auto& d : {dialect("lms"), dialect("learnflow"), dialect("unpuzzle")})
      host.routes(d)
          .area("certificates", *this)
          .get("/certificates/verify/{code}",
               {.summary = "What a certificate says, for whoever has its code: a page for browsers, JSON for clients",
                .addition = true},
               &certificates_plugin::verify);

    if (host.settings().text("issue") == "on_completion") issue_on_completion(host);
    host.offer<stoa::certificates>(holdings_);
    host.observe<certificate_issued>("holdings", [this](const auto& e) { forget(e.user, e.here); });
    host.observe<certificate_revoked>("holdings of revoked", [this](const auto& e) { forget(e.user, e.here); });
  }

  /// The first one would wait for the fonts.
  void start() override {
    certificate_pdf(certificate{}, "http://localhost/");
    for (const auto& script : paper::scripts_without_font())
      host_->log().warn("no font for a script: certificates show boxes in its place", {{"script", script}});
  }

 private:
  void forget(const std::optional<user_id>& whose, bool here) {
    if (whose && !here) holdings_->forget(*whose);
  }

  /// One that the caller may see; another one is as good as none.
  task<certificate> seen_by(caller who, certificate_id id) {
    auto found = co_await find_any(host_->database(), id);
    if (!may_see(found, who)) co_return unknown_certificate();
    co_return std::move(found);
  }

  /// The certificate of an enrolment of theirs as it would be issued now.
  task<certificate> draw_up(user_id whose, enrollment_id of, timestamp now) {
    const auto learner = co_await host_->use<stoa::enrollments>().get(whose);
    const auto* e = learner->find(of);
    if (!e) co_return not_found(of);
    const auto course = co_await host_->use<stoa::courses>().get(e->course);
    const auto who = co_await host_->use<stoa::people>().get(whose);
    co_return drawn_up(*e, *course, *who, now);
  }

  task<certificate> issue(user_id whose, enrollment_id of, timestamp now) {
    auto issued = co_await find_of(host_->database(), whose, of);
    if (!issued) {
      auto drawn = co_await draw_up(whose, of, now);
      issued = co_await enter(host_->database(), std::move(drawn));
      holdings_->forget(whose);
    }
    co_await must_count(*issued);
    co_return std::move(*issued);
  }

  task<certificate_out> generate(const request& q, generate_in in) {
    const auto wanted = enrollment_id::parse(in.enrollment_id);
    if (!wanted) co_return not_found(enrollment_id{});
    const auto issued = co_await issue(q.who.user, *wanted, q.now);
    co_return to_wire(issued, q);
  }

  task<certificate_out> generate_for(const request& q, in_path<"enrollment_id", enrollment_id> of) {
    const auto issued = co_await issue(q.who.user, *of, q.now);
    co_return to_wire(issued, q);
  }

  void issue_on_completion(plugin_host& host) {
    auto s = stoa::consume_awaiting<course_completed>(
        "on completion",
        [this](batch_of<course_completed> batch) -> task<event_write> {
          std::vector<certificate> drawn;
          for (const auto& e : batch) {
            if (!e.user) continue;
            auto one = co_await as_result(draw_up(*e.user, e.fact.enrollment_id, e.at));
            if (one)
              drawn.push_back(std::move(one).value());
            else if (one.refusal().kind == fault_kind::unavailable)
              co_return one.refusal();
          }
          event_write write = [drawn = std::move(drawn)](connection& db) -> result<done> {
            for (const auto& c : drawn) enter_within(db, c);
            return done{};
          };
          co_return std::move(write);
        },
        from::now);
    s.what.committed = [this](const std::vector<event>& events) {
      for (const auto& e : events)
        if (e.user) holdings_->forget(*e.user);
    };
    host.subscribe(std::move(s));
  }

  task<page_of<certificate_out>> list(const request& q, paged<> in) {
    const auto found = co_await list_of(host_->database(), q.who.user, in.asked);
    page_of<certificate_out> out;
    out.asked = found.asked;
    out.total = found.total;
    for (const auto& c : found.items) out.items.push_back(to_wire(c, q));
    co_return out;
  }

  task<certificate_out> show(const request& q, certificate_in_path id) {
    const auto found = co_await seen_by(q.who, *id);
    co_return to_wire(found, q);
  }

  task<reply> download(const request& q, certificate_in_path id) {
    const auto found = co_await seen_by(q.who, *id);
    co_await must_count(found);
    reply r;
    r.status = 302;
    r.content_type.clear();
    r.headers.emplace_back(
        "Location", q.base_url + links_->link(verb::get, file_path(found.id), to_download, q.now + download_for_));
    r.headers.emplace_back("Cache-Control", "no-store");
    co_return r;
  }

  task<reply> file(const request& q, certificate_in_path id) {
    co_await links_->check(q, verb::get, file_path(*id), to_download);
    auto found = co_await find_any(host_->database(), *id);
    co_await must_count(found);
    const auto number = found.number;
    std::function<file_content()> draw = [found = std::move(found), base = q.base_url] {
      return file_content::of(certificate_pdf(found, base + verification_path(found.code)));
    };
    auto drawn = co_await host_->offload().run(std::move(draw), q.deadline);
    reply r = reply::file(std::move(drawn), "application/pdf");
    r.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + number + ".pdf\"");
    r.headers.emplace_back("Cache-Control", "private, no-cache");
    co_return r;
  }

  task<certificate_out> revoke_one(const request& q, certificate_in_path id, revoke_in in) {
    const auto revoked = co_await revoke(host_->database(), *id, in.reason, q.who.user, q.now);
    holdings_->forget(revoked.user);
    co_return to_wire(revoked, q);
  }

  task<encoded<verified>> verify(const request& q, in_path<"code", std::string> typed) {
    const bool page = prefers_page(q.header("accept").value_or(""));
    const auto code = code_typed(*typed);
    std::optional<verified> known;
    if (!code.empty()) {
      auto found = co_await as_result(find_code(host_->database(), code));
      if (found)
        known = verified_of(found.value());
      else if (found.refusal().kind != fault_kind::not_found)
        co_return found.refusal();
    }
    if (!known && !page) co_return unknown_certificate();
    encoded<verified> out;
    out.out = page ? page_of_verified(known ? &*known : nullptr) : reply::json_text(wire::write(*known));
    out.out.headers.emplace_back("Vary", "Accept");
    out.out.headers.emplace_back("Cache-Control", "no-cache");
    co_return out;
  }

  plugin_host* host_ = nullptr;
  milliseconds download_for_{};
  std::unique_ptr<link_signer> links_;
  std::shared_ptr<holdings> holdings_;
};

}  // namespace

}  // namespace stoa_plugin::certificates

STOA_PLUGIN("certificates", "1.0.0", stoa_plugin::certificates::certificates_plugin,
            stoa_plugin::certificates::settings())
