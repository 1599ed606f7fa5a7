// The receipt of a paid order as a PDF.
#pragma once

#include <string>

#include "stoa/areas/orders.hpp"

namespace stoa_plugin::payments {

/// One or more A4 pages. The same order and name give the same bytes. Thread-safe.
std::string receipt_pdf(const stoa::order& order, const std::string& buyer_name);

}  // namespace stoa_plugin::payments
