#include "verify_page.hpp"

#include "stoa/html.hpp"
#include "stoa/wire.hpp"

namespace stoa_plugin::certificates {

namespace {

constexpr const char* page_start = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Certificate</title>
<style>
body { font-family: system-ui, sans-serif; line-height: 1.5; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
dt { color: #555; margin-top: 0.7rem; }
dd { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; }
.valid { color: #0a6b2d; }
.not { color: #a01515; }
</style>
</head>
<body>
)";

std::string day_of(stoa::timestamp t) { return stoa::iso_date(std::chrono::floor<stoa::days>(t)); }

void add(std::string& page, const char* name, const std::string& text) {
  if (text.empty()) return;
  // Names may run from right to left between words that do not.
  page += std::string("<dt>") + name + "</dt><dd dir=\"auto\">" + stoa::escape_html(text) + "</dd>\n";
}

}  // namespace

verified verified_of(const certificate& c) {
  auto out = stoa::wire::same_named<verified, "valid", "status", "certificate_number">(c);
  out.valid = !c.revoked();
  out.status = c.revoked() ? "revoked" : "valid";
  out.certificate_number = c.number;
  return out;
}

stoa::reply page_of_verified(const verified* v) {
  std::string page = page_start;
  if (!v) {
    page += "<h1 class=\"not\">No such certificate</h1>\n<p>Nobody was given a certificate with this code here.</p>\n";
  } else {
    page += v->valid ? "<h1 class=\"valid\">This certificate is valid</h1>\n"
                     : "<h1 class=\"not\">This certificate was revoked</h1>\n<p>It does not count any more.</p>\n";
    page += "<dl>\n";
    add(page, "Name", v->student_name);
    add(page, "Course", v->course_title);
    add(page, "Instructor", v->instructor_name);
    add(page, "Certificate number", v->certificate_number);
    add(page, "Completed", day_of(v->completed_at));
    add(page, "Issued", day_of(v->issued_at));
    if (v->revoked_at) add(page, "Revoked", day_of(*v->revoked_at));
    page += "</dl>\n";
  }
  page += "</body>\n</html>\n";
  auto r = stoa::reply::json_text(std::move(page), v ? 200 : 404);
  r.content_type = "text/html; charset=utf-8";
  r.headers.emplace_back("Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                         "frame-ancestors 'none'");
  r.headers.emplace_back("Referrer-Policy", "no-referrer");
  return r;
}

}  // namespace stoa_plugin::certificates
