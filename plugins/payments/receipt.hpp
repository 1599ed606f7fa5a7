// The receipt of a paid order as a PDF.
#pragma once

#include <string>
#include <vector>

#include "stoa/areas/orders.hpp"

namespace stoa_plugin::payments {

/// One or more A4 pages. The same order and name give the same bytes. Thread-safe.
std::string receipt_pdf(const stoa::order& order, const std::string& buyer_name);

/// The scripts that names of people and courses may be in and that would be boxes, since no font on this machine has
/// them.
std::vector<std::string> scripts_without_font();

}  // namespace stoa_plugin::payments
