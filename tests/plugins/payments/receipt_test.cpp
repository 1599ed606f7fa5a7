#include "plugins/payments/receipt.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>

#include "paper/paper.hpp"

using namespace stoa;
using stoa_plugin::payments::receipt_pdf;

namespace {

order paid_order() {
  order o;
  o.order_number = "ORD-2026-00001";
  o.receipt_number = "RCP-2026-00001";
  o.status = order_status::completed;
  o.subtotal_minor = 16998;
  o.total_minor = 16998;
  o.created_at = *parse_rfc3339("2026-01-27T16:05:00Z");
  o.completed_at = parse_rfc3339("2026-01-27T16:10:00.5Z");
  o.items.push_back({order_item_id::make(), course_id::make(), "Complete Web Development — 日本語 Ελληνικά", 8999});
  o.items.push_back({order_item_id::make(), course_id::make(), "UI/UX: <b>&amp;", 7999});
  billing_address b;
  b.first_name = "Zoë";
  b.last_name = "Ångström 王";
  b.city = "Łódź";
  o.billing = b;
  return o;
}

/// Without blanks: a reader guesses them from the gaps between glyphs.
std::string solid(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

/// What a reader of the PDF sees, as poppler reads it. A character without a glyph is drawn as a box with its number
/// and leaves no text of its own.
std::string text_of(const std::string& pdf) {
  char name[] = "/tmp/receipt-XXXXXX";
  const int file = ::mkstemp(name);
  REQUIRE(file >= 0);
  REQUIRE(::write(file, pdf.data(), pdf.size()) == static_cast<ssize_t>(pdf.size()));
  ::close(file);
  FILE* out = ::popen(("pdftotext -layout -enc UTF-8 " + std::string(name) + " -").c_str(), "r");
  REQUIRE(out);
  std::string text;
  char some[4096];
  for (std::size_t n; (n = std::fread(some, 1, sizeof some, out)) > 0;) text.append(some, n);
  const int status = ::pclose(out);
  ::unlink(name);
  REQUIRE(status == 0);
  return text;
}

}  // namespace

TEST_CASE("a receipt is a PDF and the same each time", "[payments]") {
  const auto o = paid_order();
  const auto pdf = receipt_pdf(o, "Ada");
  CHECK(pdf.starts_with("%PDF-1."));
  CHECK(pdf.find("%%EOF") != pdf.npos);
  CHECK(pdf == receipt_pdf(o, "Ada"));
  auto other = o;
  other.items[0].title += "!";
  CHECK(pdf != receipt_pdf(other, "Ada"));
  other.billing.reset();
  CHECK(receipt_pdf(other, "Ada") != receipt_pdf(other, "مريم"));
}

TEST_CASE("a receipt shows titles and names in their own script", "[payments]") {
  CHECK(paper::scripts_without_font() == std::vector<std::string>{});
  const std::string script = GENERATE("网络开发 收據", "ウェブ開発の領収書", "웹 개발 영수증", "वेब विकास", "การพัฒนาเว็บ",
                                      "Разработка", "Ανάπτυξη", "Łódź Ångström");
  auto o = paid_order();
  o.items[0].title = script;
  o.billing.reset();
  const auto text = text_of(receipt_pdf(o, script));
  INFO(text);
  // As title and, in bold, as the buyer's name.
  const auto shown = solid(text), wanted = solid(script);
  const auto first = shown.find(wanted);
  REQUIRE(first != shown.npos);
  CHECK(shown.find(wanted, first + 1) != shown.npos);
}

TEST_CASE("a receipt of many courses goes on over pages", "[payments]") {
  auto o = paid_order();
  for (int i = 0; i < 120; ++i)
    o.items.push_back(
        {order_item_id::make(), course_id::make(), std::string(300, 'w') + "\n\t" + std::to_string(i), 1});
  const auto pdf = receipt_pdf(o, "");
  CHECK(pdf.find("/Count 1\n") == pdf.npos);
  CHECK(pdf.size() < 1'000'000);
}
