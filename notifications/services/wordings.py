"""The product's own words for every kind and event, in both languages.

They name only what the event always knows; a merchant's text may name the rest as well.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = tuple[str | Promise, str | Promise]

# (kind, event): the title, and the text.
WORDINGS: dict[tuple[str, str], Words] = {
    ("registration", ""): (
        _("Welcome"),
        _("You are a member now. Your member number is {number}."),
    ),
    ("points_earned", ""): (
        _("{points} points credited"),
        _("You have earned {points} points ({source}). Your balance is {balance} points."),
    ),
    ("points_earned", "pending"): (
        _("{points} points on their way"),
        _("You have earned {points} points ({source}). You can use them from {day}."),
    ),
    ("points_returned", "returned"): (
        _("{points} points given back"),
        _("{points} points were given back to you ({reason}). Your balance is {balance} points."),
    ),
    ("points_returned", "taken"): (
        _("{points} points taken back"),
        _("{points} points were taken back ({reason}). Your balance is {balance} points."),
    ),
    ("points_expiring", ""): (
        _("{points} points expire soon"),
        _(
            "{points} of your points expire soon, the first of them after {day}: {details}. "
            "The other {stays} points stay."
        ),
    ),
    ("points_cleared", ""): (
        _("{points} points have expired"),
        _("{points} of your points expired on {day}. You have {stays} points left."),
    ),
    ("points_cleared", "undone"): (
        _("{points} expired points are back"),
        _("The expiry of {points} points was undone. Your balance is {balance} points."),
    ),
    ("gift", "offered"): (
        _("{person} wants to give you {points} points"),
        _("{person} wants to give you {points} points. Accept or decline by {day}."),
    ),
    ("gift", "sent"): (
        _("{points} points given away"),
        _("You gave {points} points to {person}. Your balance is {balance} points."),
    ),
    ("gift", "received"): (
        _("{points} points from {person}"),
        _("{person} gave you {points} points. Your balance is {balance} points."),
    ),
    ("gift", "accepted"): (
        _("{person} accepted your points"),
        _("{person} accepted the {points} points that you gave."),
    ),
    ("gift", "declined"): (
        _("{person} declined your points"),
        _("{person} declined the {points} points that you offered. They are yours again."),
    ),
    ("gift", "lapsed"): (
        _("Your gift was not taken"),
        _("{person} did not answer in time. The {points} points are yours again."),
    ),
    ("gift", "withdrawn"): (
        _("A gift was withdrawn"),
        _("{person} withdrew the gift of {points} points."),
    ),
    ("redemption", "placed"): (
        _("Redemption received"),
        _("We have received your redemption {number}: {reward}, {points} points."),
    ),
    ("redemption", "confirmed"): (
        _("Redemption confirmed"),
        _("Your redemption {number} ({reward}) is confirmed."),
    ),
    ("redemption", "shipped"): (
        _("On its way to you"),
        _("{reward} was sent: {carrier} {waybill}. Redemption {number}."),
    ),
    ("redemption", "ready"): (
        _("Ready to be picked up"),
        _("{reward} is ready for you at {store}. Show the code of your redemption {number}."),
    ),
    ("redemption", "collected"): (
        _("Handed over"),
        _("{reward} of your redemption {number} was handed over."),
    ),
    ("redemption", "completed"): (
        _("Redemption completed"),
        _("Your redemption {number} ({reward}) is completed."),
    ),
    ("redemption", "cancelled"): (
        _("Redemption cancelled"),
        _("Your redemption {number} ({reward}) was cancelled. {points} points are yours again."),
    ),
    ("redemption", "refunded"): (
        _("Money paid back"),
        _("¥{yuan} of your redemption {number} ({reward}) were paid back."),
    ),
    ("redemption", "return_requested"): (
        _("Return asked for"),
        _("We have received your request to return {reward} (redemption {number})."),
    ),
    ("redemption", "return_approved"): (
        _("Return accepted"),
        _("You can send back {reward} (redemption {number})."),
    ),
    ("redemption", "return_refused"): (
        _("Return declined"),
        _("{reward} (redemption {number}) cannot be returned: {reason}"),
    ),
    ("redemption", "return_received"): (
        _("Return received"),
        _("{reward} (redemption {number}) came back. {points} points are yours again."),
    ),
    ("coupon", "issued"): (
        _("A coupon for you"),
        _("You have received {name} ({count}). It is valid until {day}."),
    ),
    ("coupon", "expiring"): (
        _("A coupon ends soon"),
        _("{name} ({count}) can be used until {day}."),
    ),
    ("tier", "up"): (
        _("You are {level} now"),
        _("You have risen from {before} to {level}."),
    ),
    ("tier", "down"): (
        _("You are {level} now"),
        _("Your level has changed from {before} to {level}."),
    ),
    ("tier", "warned"): (
        _("Keep your level {level}"),
        _("You keep {level} if you collect {missing} growth value more by {until}."),
    ),
    ("tier", "grace"): (
        _("Your level {level} is kept for now"),
        _("You keep {level} until {until}, although your growth value has fallen below it."),
    ),
    ("draw", ""): (
        _("Result of {name}"),
        _("{name}: {result}"),
    ),
    ("auction", "outbid"): (
        _("You were outbid"),
        _("Somebody bid {points} points for {name}. Your points are free again."),
    ),
    ("auction", "won"): (
        _("You won the auction"),
        _("{name} is yours for {points} points."),
    ),
    ("auction", "lost"): (
        _("The auction is over"),
        _("{name} went for {points} points. Your points are free again."),
    ),
    ("ticket", "answered"): (
        _("An answer to your enquiry"),
        _("Your enquiry {number} was answered: {text}"),
    ),
    ("announcement", ""): ("{title}", "{text}"),
    ("announcement", "service"): ("{title}", "{text}"),
    ("rule_change", ""): (
        _("The rules change on {day}"),
        _("{title}: {text}"),
    ),
}

# The same where a value is missing that the words above name.
WITHOUT: dict[tuple[str, str], tuple[str, Words]] = {
    ("points_earned", ""): (
        "source",
        (
            _("{points} points credited"),
            _("You have earned {points} points. Your balance is {balance} points."),
        ),
    ),
    ("points_returned", "returned"): (
        "reason",
        (
            _("{points} points given back"),
            _("{points} points were given back to you. Your balance is {balance} points."),
        ),
    ),
    ("points_returned", "taken"): (
        "reason",
        (
            _("{points} points taken back"),
            _("{points} points were taken back. Your balance is {balance} points."),
        ),
    ),
    ("points_expiring", ""): (
        "details",
        (
            _("{points} points expire soon"),
            _("{points} of your points can be used until {day}. The other {stays} points stay."),
        ),
    ),
    ("redemption", "shipped"): (
        "waybill",
        (_("On its way to you"), _("{reward} was sent. Redemption {number}.")),
    ),
    ("redemption", "ready"): (
        "store",
        (
            _("Ready to be picked up"),
            _("{reward} is ready for you. Show the code of your redemption {number}."),
        ),
    ),
    ("redemption", "return_refused"): (
        "reason",
        (_("Return declined"), _("{reward} (redemption {number}) cannot be returned.")),
    ),
    ("tier", "up"): ("before", (_("You are {level} now"), _("You have reached {level}."))),
    ("tier", "down"): ("before", (_("You are {level} now"), _("Your level is {level} now."))),
}
