"""What the demo's mall offers. Invented, like the merchant."""

# ruff: noqa: E501 — a table: Chinese signs count twice, and a row stays on its lines

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# Code, Chinese and English name.
CATEGORIES = (
    ("drinks", "茶饮咖啡", "Tea and coffee"),
    ("bakery", "烘焙点心", "Bakery"),
    ("ware", "器皿好物", "Ware"),
    ("cards", "卡券权益", "Cards and rights"),
    ("fun", "体验活动", "Events"),
)
# Code, names, sentences, and the level that opens it.
SHELVES = (
    ("easy", "入门好物", "Easy treats", "攒几杯就能兑", "A few cups away", None),
    ("silver", "银卡优选", "Silver picks", "银卡及以上开放", "From Silver on", "silver"),
    ("gold", "金卡专享", "Gold only", "更高一层的礼遇", "One floor up", "gold"),
    ("black", "黑金典藏", "Black collection", "限量与典藏", "Few and fine", "black"),
)


@dataclass(frozen=True, slots=True)
class Good:
    """A reward to be: its variants as (name, English name, stock, more points)."""

    code: str
    kind: str
    name: str
    name_en: str
    line: str
    line_en: str
    points: int
    cost: str
    value: str
    category: str
    shelf: str
    motif: str
    palette: str
    money: str = "0"
    variants: tuple[tuple[str, str, int | None, int], ...] = (("", "", None, 0),)
    popularity: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def yuan(self) -> tuple[Decimal, Decimal, Decimal]:
        return Decimal(self.money), Decimal(self.cost), Decimal(self.value)


def _one(stock: int) -> tuple[tuple[str, str, int | None, int], ...]:
    return (("", "", stock, 0),)


_SEND = {"can_ship": True, "can_pick_up": True}
GOODS = (
    Good("roll", "service", "海盐卷一枚", "Salt roll", "每天现烤，任意门店", "Baked daily, any store",
         120, "2.60", "8.50", "bakery", "easy", "bread", "amber", popularity=96),
    Good("oolong", "service", "桂花乌龙一杯", "Osmanthus oolong", "冷热皆可", "Hot or iced",
         240, "4.20", "18", "drinks", "easy", "cup", "leaf", popularity=88),
    Good("latte", "service", "龙井拿铁一杯", "Longjing latte", "本店招牌", "Our signature",
         300, "5.60", "22", "drinks", "easy", "tall", "leaf", popularity=120),
    Good("milk-green", "service", "茉莉奶绿一杯", "Jasmine milk tea", "大杯升级", "Large cup",
         220, "4.00", "17", "drinks", "easy", "tall", "amber", popularity=64),
    Good("dingsheng", "service", "定胜糕两块", "Dingsheng cakes", "杭州老味道", "An old taste of Hangzhou",
         160, "3.10", "9.90", "bakery", "easy", "cake", "rose", popularity=42),
    Good("toast", "service", "北海道吐司一条", "Hokkaido loaf", "当日出炉", "Out of the oven today",
         380, "8.80", "26", "bakery", "easy", "bread", "clay", popularity=37),
    Good("free-delivery", "coupon", "外卖免配送费券", "Free delivery coupon", "30 天内使用",
         "Within 30 days", 120, "3.00", "5.00", "cards", "easy", "ticket", "sky", popularity=71),
    Good("voucher-5", "coupon", "5 元代金券", "¥5 voucher", "全场通用", "For anything in the shop",
         500, "5.00", "5.00", "cards", "easy", "ticket", "amber", popularity=58),
    Good("tote", "physical", "帆布袋", "Canvas bag", "12 安厚帆布，装得下一周的茶点", "Sturdy canvas",
         600, "4.50", "9.90", "ware", "easy", "bag", "sky",
         variants=(("米白", "Natural", 40, 0), ("墨绿", "Green", 7, 50)), popularity=33, more=_SEND),
    Good("coasters", "physical", "竹杯垫四枚", "Bamboo coasters", "天然竹材", "Natural bamboo",
         180, "3.80", "15", "ware", "easy", "medal", "leaf", variants=_one(62), popularity=12,
         more=_SEND),
    Good("drip-coffee", "physical", "挂耳咖啡 10 片", "Drip coffee, 10 bags", "山野烘豆，中度烘焙",
         "Medium roast", 1200, "18", "69", "drinks", "silver", "tin", "clay", money="9.90",
         variants=_one(35), popularity=25, more=_SEND),
    Good("cup", "physical", "随行保温杯", "Travel cup", "316 不锈钢，500 毫升", "316 steel, 500 ml",
         1800, "42", "159", "ware", "silver", "bottle", "clay", money="39.00",
         variants=(("雾蓝", "Mist", 6, 0), ("陶土", "Clay", 12, 0)), popularity=29, more=_SEND),
    Good("longjing", "physical", "明前龙井 50 克", "Longjing, 50 g", "西湖狮峰手工炒制",
         "Hand-fired at Shifeng", 2600, "58", "128", "drinks", "gold", "tin", "leaf", money="29.00",
         variants=_one(18), popularity=14, more=_SEND | {"level": "silver", "month_max": 2}),
    Good("tea-box", "physical", "四时茶礼盒", "Tea of four seasons", "四款应季茶", "Four teas",
         3200, "66", "168", "drinks", "gold", "gift", "rose", variants=_one(9), popularity=9,
         more=_SEND | {"level": "gold"}),
    Good("gaiwan", "physical", "青瓷盖碗", "Celadon gaiwan", "龙泉青瓷，手工拉坯", "Longquan celadon",
         4200, "78", "198", "ware", "gold", "bowl", "leaf", variants=_one(5), popularity=6,
         more=_SEND | {"level": "gold", "ever_max": 1}),
    Good("kettle", "physical", "典藏铁壶", "Collector's kettle", "限量 10 把，每人一把",
         "Ten made, one each", 12000, "260", "680", "ware", "black", "bottle", "night",
         variants=_one(10), popularity=2, more=_SEND | {"level": "black", "ever_max": 1}),
    Good("master-tea", "physical", "大师手制茶", "Tea by a master", "仅限受邀会员", "By invitation only",
         9000, "220", "580", "drinks", "black", "tin", "night", variants=_one(6), popularity=1,
         more=_SEND | {"segment": "vip", "is_by_invitation": True}),
    Good("mooncakes", "physical", "中秋月饼礼盒", "Mooncakes", "节后再会", "Until next autumn",
         2400, "88", "268", "bakery", "silver", "gift", "amber", variants=_one(0), popularity=19,
         more=_SEND),
    Good("video", "virtual", "视频会员月卡", "Video pass, one month", "激活码即时发放", "Code at once",
         500, "8.00", "25", "cards", "silver", "card", "plum", variants=_one(0), popularity=47),
    Good("music", "virtual", "音乐会员季卡", "Music pass, a quarter", "激活码即时发放", "Code at once",
         1500, "14", "45", "cards", "silver", "card", "rose", variants=_one(0), popularity=21),
    Good("miles", "partner", "航空里程 250", "250 air miles", "云岭航空常旅客", "Yunling Air",
         500, "4.00", "12", "cards", "silver", "plane", "sky", popularity=11,
         more={"partner": "云岭航空", "partner_unit": "里程", "partner_amount": 250, "month_max": 4}),
    Good("member-price", "right", "会员价权益 30 天", "Member prices, 30 days", "全场饮品享会员价",
         "Member prices on drinks", 800, "6.00", "30", "cards", "silver", "medal", "amber",
         popularity=8),
    Good("priority", "service", "免排队券", "Skip the queue", "高峰期优先制作", "Served first at noon",
         150, "0.50", "3", "cards", "easy", "ticket", "rose", popularity=30),
    Good("birthday-cake", "service", "六寸生日蛋糕", "Birthday cake", "提前两天预约", "Order two days ahead",
         5200, "72", "198", "bakery", "gold", "cake", "rose", popularity=7,
         more={"level": "silver", "ever_max": 2}),
    Good("tea-class", "experience", "周末茶席课", "Tea class", "两小时，三款茶与伴手礼", "Two hours, three teas",
         1600, "35", "128", "fun", "silver", "star", "plum", popularity=13),
    Good("tasting", "experience", "春茶品鉴会", "Spring tea tasting", "与茶农面对面", "Meet the growers",
         2200, "48", "168", "fun", "gold", "star", "leaf", popularity=5, more={"level": "gold"}),
    Good("baking", "experience", "亲子烘焙课", "Baking with children", "一大一小，带走成品", "One grown-up, one child",
         1900, "40", "158", "fun", "silver", "star", "amber", popularity=10),
    Good("afternoon-tea", "service", "双人下午茶", "Tea for two", "满足一整个下午", "A whole afternoon",
         2800, "36", "118", "fun", "gold", "cup", "rose", popularity=16,
         more={"spend_min": Decimal(500), "spend_days": 90}),
    Good("beans", "physical", "手冲豆 200 克", "Beans, 200 g", "每月轮换单品", "A new one each month",
         300, "28", "78", "drinks", "silver", "bag", "clay", money="29.00", variants=_one(24),
         popularity=18, more=_SEND),
    Good("new-cup", "physical", "双十二限定杯", "Cup of 12/12", "十二月十二日开兑", "From 12 December on",
         1212, "22", "68", "ware", "easy", "cup", "night", variants=_one(120), more=_SEND),
)  # fmt: skip
CODES = {"video": "VID", "music": "MUS"}
