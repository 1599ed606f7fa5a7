#include "api/http/front_page.hpp"

#include <memory>
#include <string_view>

#include "stoa/html.hpp"
#include "stoa/text.hpp"

namespace stoa::http {
namespace {

constexpr const char* content_policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr const char* page_start = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stoa</title>
<style>
body { font-family: system-ui, sans-serif; line-height: 1.5; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.2rem 1.2rem 0.2rem 0; }
</style>
</head>
<body>
<h1>Stoa</h1>
)";

std::string docs_of(const front_page& p, const std::string& name) {
  return p.public_path + "/docs?urls.primaryName=" + name;
}
std::string document_of(const front_page& p, const std::string& name) {
  return p.public_path + "/" + name + "/openapi.json";
}

std::string link(const std::string& to, const std::string& text) {
  return "<a href=\"" + escape_html(to) + "\">" + escape_html(text) + "</a>";
}

std::string as_html(const front_page& shown) {
  std::string out = page_start;
  out += "<p>A learning-platform backend, version " + escape_html(shown.version) +
         ". It is for programs: courses, enrollments, orders and reviews over HTTP, in several contracts.</p>\n<p>" +
         link(shown.public_path + "/docs", "API docs") + " &middot; " + link(shown.public_path + "/health", "health") +
         " &middot; " + link(shown.public_path + "/ready", "ready") + "</p>\n";
  out += "<table>\n<tr><th>Contract</th><th>At</th><th>Also at</th><th></th></tr>\n";
  for (const auto& d : shown.dialects)
    out += "<tr><td>" + link(docs_of(shown, d.name), d.name) + "</td><td><code>" + escape_html(d.base) +
           "</code></td><td><code>" + escape_html(d.documented) + "</code></td><td>" +
           link(document_of(shown, d.name), "OpenAPI") + "</td></tr>\n";
  out += "</table>\n";
  if (!shown.people.empty()) {
    out += "<h2>Demo accounts</h2>\n<table>\n";
    for (const auto& p : shown.people)
      out += "<tr><td>" + escape_html(p.role) + "</td><td><code>" + escape_html(p.email) + "</code></td></tr>\n";
    out += "</table>\n<p>The password of each is <code>" + escape_html(shown.password) + "</code></p>\n";
  }
  return out + "</body>\n</html>\n";
}

std::string as_json(const front_page& shown) {
  json_writer w;
  w.begin_object();
  w.key("name"), w.string("stoa");
  w.key("version"), w.string(shown.version);
  w.key("docs"), w.string(shown.public_path + "/docs");
  w.key("health"), w.string(shown.public_path + "/health");
  w.key("ready"), w.string(shown.public_path + "/ready");
  w.key("dialects");
  w.begin_array();
  for (const auto& d : shown.dialects) {
    w.begin_object();
    w.key("name"), w.string(d.name);
    w.key("base"), w.string(d.base);
    w.key("docs"), w.string(docs_of(shown, d.name));
    w.key("openapi"), w.string(document_of(shown, d.name));
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return w.take();
}

}  // namespace

void add_front_page(route_table& plain, const front_page& shown) {
  auto html = std::make_shared<const std::string>(as_html(shown));
  auto json = std::make_shared<const std::string>(as_json(shown));
  plain.get<wire::nothing, reply>(
      "/", {.summary = "Where things are"}, [html, json](const request& r, wire::nothing) -> task<reply> {
        // `//` comes here too, and is no address.
        if (r.path != "/") co_return fault{fault_kind::not_found, "NOT_FOUND", "There is nothing at this address."};
        // HTTP/1.1 wants a host (RFC 9112, 3.2). Machines that ask without one have /health; what else comes so is no
        // HTTP.
        if (!r.header("host")) co_return fault{fault_kind::malformed, "BAD_REQUEST", "The request names no host."};
        const bool browser = ascii_lower(r.header("accept").value_or("")).find("text/html") != std::string::npos;
        reply out;
        out.body.push_back({{}, browser ? html : json});
        if (browser) {
          out.content_type = "text/html; charset=utf-8";
          out.headers.emplace_back("Content-Security-Policy", content_policy);
        }
        out.headers.emplace_back("Cache-Control", "no-store");
        out.headers.emplace_back("Vary", "Accept");
        co_return std::move(out);
      });
}

}  // namespace stoa::http
