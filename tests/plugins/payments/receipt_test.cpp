#include "plugins/payments/receipt.hpp"

#include <catch2/catch.hpp>

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

TEST_CASE("a receipt of many courses goes on over pages", "[payments]") {
  auto o = paid_order();
  for (int i = 0; i < 120; ++i)
    o.items.push_back(
        {order_item_id::make(), course_id::make(), std::string(300, 'w') + "\n\t" + std::to_string(i), 1});
  const auto pdf = receipt_pdf(o, "");
  CHECK(pdf.find("/Count 1\n") == pdf.npos);
  CHECK(pdf.size() < 1'000'000);
}
